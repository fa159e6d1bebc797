from __future__ import annotations

import torch

from vbench.dimensions.backbones.warping import warp


def test_warping_along_no_flow_changes_nothing() -> None:
    frames = torch.rand(2, 3, 9, 13)
    torch.testing.assert_close(warp(frames, torch.zeros(2, 2, 9, 13)), frames)


def test_warping_fetches_from_where_the_flow_points() -> None:
    frames = torch.arange(12.0).view(1, 1, 3, 4)
    right_and_down = torch.ones(1, 2, 3, 4)
    expected = torch.tensor([[5.0, 6, 7, 7], [9, 10, 11, 11], [9, 10, 11, 11]]).view(1, 1, 3, 4)
    torch.testing.assert_close(warp(frames, right_and_down), expected)
