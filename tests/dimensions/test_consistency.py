from __future__ import annotations

from pathlib import Path
from typing import Self

import pytest
import torch
from torch import Tensor

from tests.dimensions.stills import grey_stills
from vbench.dimensions.backbones.base import FrameEmbedder
from vbench.dimensions.background_consistency import BackgroundConsistency
from vbench.dimensions.base import VideoScore
from vbench.dimensions.consistency import likeness_to_past
from vbench.dimensions.subject_consistency import SubjectConsistency
from vbench.errors import TooShort
from vbench.prompts.suite import Prompt


class Clock(FrameEmbedder):
    """A hand that turns by a degree per grey level."""

    name = "clock"

    def __init__(self) -> None:
        self.largest_batch = self.frames = 0

    @classmethod
    def load(cls, device: torch.device) -> Self:
        return cls()

    def embed(self, frames: Tensor) -> Tensor:
        self.frames += len(frames)
        self.largest_batch = max(self.largest_batch, len(frames))
        angle = frames[:, 0, 0, 0].double().deg2rad()
        return 7 * torch.stack((angle.cos(), angle.sin()), 1).float()


def test_frames_are_compared_with_the_one_before_and_the_first(tmp_path: Path) -> None:
    score = SubjectConsistency(subject_embedder=Clock()).score(grey_stills(tmp_path, [0, 60, 90]), Prompt(""))
    assert score.per_frame == pytest.approx([0.5, (3**0.5 / 2 + 0) / 2], abs=1e-6)
    assert score.value == pytest.approx(sum(score.per_frame) / 2)
    assert score.weight == 2


def test_opposites_count_as_nothing(tmp_path: Path) -> None:
    score = SubjectConsistency(subject_embedder=Clock()).score(grey_stills(tmp_path, [0, 180]), Prompt(""))
    assert score.value == 0


def test_a_frozen_video_is_fully_consistent_and_never_more() -> None:
    features = torch.randn(1, 768).expand(50, -1)
    likeness = likeness_to_past(features)
    assert likeness.max() <= 1
    assert likeness.min() > 1 - 1e-6


def test_longer_videos_weigh_more() -> None:
    scores = [VideoScore(1.0, weight=3), VideoScore(0.5, weight=1)]
    assert [kind.aggregate([kind.of_prompt(scores)]) for kind in (SubjectConsistency, BackgroundConsistency)] == [
        0.875,
        0.875,
    ]


def test_one_embedding_serves_both_dimensions_in_small_batches(tmp_path: Path) -> None:
    clock, video = Clock(), grey_stills(tmp_path, range(20))
    subject = SubjectConsistency(subject_embedder=clock).score(video, Prompt(""))
    background = BackgroundConsistency(background_embedder=clock).score(video, Prompt(""))
    assert subject == background
    assert clock.frames == 20
    assert clock.largest_batch <= 8


def test_one_frame_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(TooShort, match="has 1 frame; consistency compares frames and needs at least 2"):
        BackgroundConsistency(background_embedder=Clock()).score(grey_stills(tmp_path, [0]), Prompt(""))
