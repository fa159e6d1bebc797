"""Temporal style and overall consistency: one embedding of the video, the whole prompt, a cosine."""

from __future__ import annotations

from typing import ClassVar, Self

import pytest
import torch
from torch import Tensor

from tests.parity.conftest import clip
from vbench.dimensions.backbones.base import VideoTextEmbedder
from vbench.dimensions.base import Dimension
from vbench.dimensions.overall_consistency import OverallConsistency
from vbench.dimensions.temporal_style import TemporalStyle
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


class Directions(VideoTextEmbedder):
    """Every video points right; texts point where the table says."""

    name = "directions"
    frames_seen: ClassVar[int] = 8
    table: ClassVar[dict[str, tuple[float, float]]] = {"right": (5, 0), "up": (0, 2), "left": (-1, 0), "half": (1, 1)}

    def __init__(self) -> None:
        self.seen: list[Tensor] = []

    @classmethod
    def load(cls, device: torch.device) -> Self:
        raise NotImplementedError

    def embed_video(self, frames: Tensor, antialias: bool = False) -> Tensor:
        self.seen.append(frames)
        return torch.tensor([3.0, 0.0])

    def embed_text(self, text: str) -> Tensor:
        return torch.tensor(self.table[text], dtype=torch.float32)


@pytest.mark.parametrize("dimension", [TemporalStyle, OverallConsistency])
@pytest.mark.parametrize(("text", "cosine"), [("right", 1.0), ("up", 0.0), ("left", -1.0), ("half", 0.5**0.5)])
def test_the_score_is_a_cosine_whatever_the_lengths(dimension: type[Dimension], text: str, cosine: float) -> None:
    score = dimension(video_text_embedder=Directions()).score(Video(clip("large_yuv")), Prompt(text))
    assert score.value == pytest.approx(cosine, abs=1e-6)
    assert score.weight == 1


def test_a_video_is_embedded_once_for_both() -> None:
    embedder, video = Directions(), Video(clip("large_yuv"))
    TemporalStyle(video_text_embedder=embedder).score(video, Prompt("up"))
    OverallConsistency(video_text_embedder=embedder).score(video, Prompt("right"))
    assert len(embedder.seen) == 1


def test_a_short_video_repeats_its_last_frame() -> None:
    embedder, video = Directions(), Video(clip("large_yuv"))
    TemporalStyle(video_text_embedder=embedder).score(video, Prompt("up"))
    assert torch.equal(embedder.seen[0], video.frames([0, 1, 2, 3, 4, 5, 5, 5]))
