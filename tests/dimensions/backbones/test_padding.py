from __future__ import annotations

import pytest
import torch

from vbench.dimensions.backbones.padding import Margins, crop, margins, pad


@pytest.mark.parametrize("multiple", [8, 16])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (16, 32), (121, 426), (720, 1281)])
def test_padded_frames_are_whole_blocks_and_crop_back(height: int, width: int, multiple: int) -> None:
    frames = torch.rand(2, 3, height, width)
    around = margins(height, width, multiple)
    padded = pad(frames, around)
    assert padded.shape[-2] % multiple == padded.shape[-1] % multiple == 0
    assert max(around) <= multiple // 2
    assert crop(padded, around).equal(frames)


def test_whole_blocks_are_left_alone() -> None:
    assert margins(64, 128, 16) == Margins(0, 0, 0, 0)


def test_borders_are_repeated() -> None:
    padded = pad(torch.tensor([[1.0, 2.0]]).view(1, 1, 1, 2), Margins(1, 2, 0, 1))
    assert padded.squeeze().tolist() == [[1, 1, 2, 2, 2], [1, 1, 2, 2, 2]]
