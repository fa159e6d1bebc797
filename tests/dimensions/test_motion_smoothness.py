from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.dimensions.stills import grey_stills
from vbench.dimensions.backbones.base import FrameInterpolator
from vbench.dimensions.motion_smoothness import MotionSmoothness
from vbench.errors import TooShort
from vbench.prompts.suite import Prompt


class Halfway(FrameInterpolator):
    """The mean of both frames; notes what it was asked."""

    name = "halfway"

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    @classmethod
    def load(cls, device: torch.device) -> Halfway:
        return cls()

    def middle(self, first: Tensor, last: Tensor) -> Tensor:
        self.asked.append((int(first[0, 0, 0, 0]), int(last[0, 0, 0, 0])))
        return ((first.float() + last.float()) / 2).to(torch.uint8)


def test_even_frames_are_given_and_odd_ones_predicted(tmp_path: Path) -> None:
    interpolator = Halfway()
    score = MotionSmoothness(interpolator=interpolator).score(
        grey_stills(tmp_path, [0, 61, 20, 30, 40, 99]), Prompt("")
    )
    assert interpolator.asked == [(0, 20), (20, 40)]
    assert score.per_frame == pytest.approx([1 - 51 / 255, 1.0])
    assert score.value == pytest.approx(0.9)
    assert score.weight == 1


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_frames_are_a_reason(tmp_path: Path, count: int) -> None:
    video = grey_stills(tmp_path, [7] * count)
    with pytest.raises(TooShort, match=f"has {count} frames, motion smoothness needs at least 3"):
        MotionSmoothness(interpolator=Halfway()).score(video, Prompt(""))
