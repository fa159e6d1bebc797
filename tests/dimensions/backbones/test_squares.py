"""Frames on their way to the square of a network of distances."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from vbench.dimensions.backbones.squares import covering, crop

SIDE = 224


@pytest.mark.parametrize(
    ("size", "scaled"),
    [
        ((240, 426), (224, 398)),
        ((200, 300), (224, 337)),  # 200 * (224 / 200) and 300 * (224 / 200) are a little above 224 and 336
        ((408, 720), (224, 396)),
        ((320, 200), (359, 224)),
        ((400, 400), (225, 224)),
    ],
)
def test_the_shorter_side_is_the_squares_whatever_floating_point_makes_of_it(
    size: tuple[int, int], scaled: tuple[int, int]
) -> None:
    frames = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0)) * 255
    whole = F.interpolate(frames, scaled, mode="bilinear", align_corners=False)
    top, left = ((length - SIDE) // 2 for length in scaled)
    assert torch.equal(crop(frames, SIDE), whole[..., top : top + SIDE, left : left + SIDE])


def test_no_height_makes_the_shorter_side_another() -> None:
    assert {covering(height, height + 1, SIDE)[0] for height in range(1, 2200)} == {SIDE}
