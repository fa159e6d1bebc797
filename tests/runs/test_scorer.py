"""Scores of frames in memory are those of a lossless file of the same frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.footage import Frames, write_video
from vbench.analysis.sensitivity import PROMPTS
from vbench.dimensions.facts import demand_facts
from vbench.dimensions.profiles import BACKBONES, profile
from vbench.errors import NotApplicable, TooShort, UsageError, VideoError
from vbench.generators.base import Request
from vbench.generators.catalog import build
from vbench.media.clip import Clip
from vbench.media.frames_in_memory import FramesVideo
from vbench.media.video import Video
from vbench.prompts.suite import Prompt
from vbench.runs.custom_plan import custom_plan
from vbench.runs.evaluate import evaluate
from vbench.runs.evaluators import Evaluators
from vbench.runs.results import read_rows
from vbench.runs.scorer import Scorer

LITE = (
    "subject_consistency",
    "background_consistency",
    "temporal_flickering",
    "motion_smoothness",
    "dynamic_degree",
    "imaging_quality",
)


@pytest.fixture(scope="module")
def frames() -> Frames:
    """A moving scene, ``(6, 200, 256, 3)``."""
    generator = build("synthetic")
    settings = generator.defaults.with_given(frames=6, height=200, width=256)
    clip = generator.sample(Request(PROMPTS[0], 0, 7, settings, "clip.mp4"))
    assert isinstance(clip, Clip)
    return clip.frames


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(LITE, profile="lite", device="cpu")


def test_the_scores_are_those_of_a_lossless_file_to_the_last_bit(
    scorer: Scorer, frames: Frames, tmp_path: Path
) -> None:
    write_video(tmp_path / "videos" / "a scene-0.mp4", frames, fps=8)
    plan = custom_plan(tmp_path / "videos", LITE)
    evaluate(plan, Evaluators(profile("lite"), torch.device("cpu")), tmp_path / "run")
    stored = {row.dimension: row for row in read_rows(tmp_path / "run")}
    scores = scorer.score(torch.from_numpy(frames).permute(0, 3, 1, 2), prompt="a scene", fps=8)
    assert list(scores) == list(LITE)
    for name, score in scores.items():
        assert score.value == stored[name].value
        assert list(score.per_frame) == list(stored[name].per_frame)


def test_scaled_frames_are_those_of_a_lossless_file(frames: Frames, tmp_path: Path) -> None:
    file = Video(write_video(tmp_path / "clip.mp4", frames))
    assert torch.equal(FramesVideo(frames).scaled_frames([3, 5], 112, 96), file.scaled_frames([3, 5], 112, 96))


def test_loading_draws_nothing_that_a_training_would_have_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    network = BACKBONES.get(profile("lite").roles["flow"])
    usual = network.load
    monkeypatch.setattr(network, "load", lambda device: (torch.rand(1), usual(device))[1])
    before = torch.get_rng_state()
    Scorer(["dynamic_degree"], profile="lite", device="cpu")
    assert torch.equal(torch.get_rng_state(), before)


def test_a_path_is_a_video_too(frames: Frames, tmp_path: Path) -> None:
    scorer = Scorer(["temporal_flickering"], profile="lite", device="cpu")
    path = write_video(tmp_path / "clip.mp4", frames)
    assert scorer.score(path) == scorer.score(str(path))
    assert scorer.score(path)["temporal_flickering"].value == scorer.score(frames)["temporal_flickering"].value


def test_a_batch_is_its_videos_one_by_one(frames: Frames) -> None:
    scorer = Scorer(["temporal_flickering", "imaging_quality"], profile="lite", device="cpu")
    both = torch.from_numpy(np.stack([frames, frames[::-1].copy()])).permute(0, 1, 4, 2, 3)
    alone = [scorer.score(video) for video in both]
    assert scorer.score_batch(both, ["one", "two"]) == alone
    with pytest.raises(UsageError, match="2 videos and 1 prompts"):
        scorer.score_batch(both, ["one"])


def test_what_cannot_be_scored_is_told(frames: Frames) -> None:
    with pytest.raises(TooShort):
        Scorer(["temporal_flickering"], profile="lite", device="cpu").score(frames[:1])
    with pytest.raises(VideoError, match="0 to 255"):
        Scorer(["temporal_flickering"], profile="lite", device="cpu").score(frames.astype(np.float32))
    with pytest.raises(UsageError, match="has no backbone for it"):
        Scorer(["scene"], profile="lite")
    with pytest.raises(UsageError, match="subject_consistency"):
        Scorer(["subject_consistancy"], profile="lite")
    with pytest.raises(UsageError, match="as a list"):
        Scorer("subject_consistency", profile="lite")


def test_weights_that_are_not_there_are_asked_for_at_once(empty_cache: Path) -> None:
    with pytest.raises(UsageError, match="vbench weights download"):
        Scorer(["subject_consistency"])


def test_a_prompt_without_the_facts_is_not_applicable() -> None:
    with pytest.raises(NotApplicable, match="no facts for color"):
        demand_facts(Prompt("a car"), "color")
