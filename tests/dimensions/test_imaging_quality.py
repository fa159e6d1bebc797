"""Imaging quality: what each preprocessing does to a frame, and what becomes of the ratings."""

from __future__ import annotations

from typing import Self

import pytest
import torch
from torch import Tensor

from tests.parity.conftest import clip
from vbench.dimensions.backbones.base import QualityModel
from vbench.dimensions.imaging_quality import PREPROCESSING, ImagingQuality, prepared
from vbench.errors import UsageError
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


class Brightness(QualityModel):
    """Rates a frame by its mean level, and keeps the sizes that it saw."""

    name = "brightness"

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    @classmethod
    def load(cls, device: torch.device) -> Self:
        raise NotImplementedError

    def quality(self, frames: Tensor) -> Tensor:
        self.seen.append(tuple(frames.shape))
        return frames.float().mean((1, 2, 3)) / 2.55


def test_the_score_is_the_mean_over_all_frames() -> None:
    video, model = Video(clip("still_rgb")), Brightness()
    score = ImagingQuality(quality_model=model).score(video, Prompt("x"))
    levels = torch.cat(list(video.batches())).float()
    assert len(score.per_frame) == len(levels) == 16
    assert score.value == pytest.approx(float(levels.mean()) / 255, abs=1e-5)
    assert score.weight == 1
    assert model.seen == [(1, 3, 160, 240)] * 16


@pytest.mark.parametrize(
    ("preprocessing", "size"),
    [("longer", (320, 512)), ("shorter", (512, 819)), ("shorter_centercrop", (512, 512)), ("None", (800, 1280))],
)
def test_large_frames_are_made_smaller(preprocessing: str, size: tuple[int, int]) -> None:
    model = Brightness()
    ImagingQuality(quality_model=model, preprocessing=preprocessing).score(Video(clip("large_yuv")), Prompt("x"))
    assert model.seen == [(1, 3, *size)] * 6


@pytest.mark.parametrize("preprocessing", PREPROCESSING)
def test_frames_of_512_pixels_are_left_alone(preprocessing: str) -> None:
    frames = torch.randint(0, 256, (1, 3, 512, 300), dtype=torch.uint8)
    assert prepared(frames, preprocessing) is frames


def test_scaled_frames_are_not_rounded() -> None:
    frames = torch.randint(0, 256, (1, 3, 600, 700), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    scaled = prepared(frames, "longer")
    assert scaled.dtype == torch.float32
    assert not torch.equal(scaled, scaled.round())


def test_an_unknown_preprocessing_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no preprocessing 'longest'. Known: longer, shorter, "):
        ImagingQuality(quality_model=Brightness(), preprocessing="longest")
