"""Imaging quality against the reference's figures."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from tests.parity.conftest import clip, tolerance
from tests.parity.figures import AGGREGATE_TOLERANCE, Scored, reference, seeded
from vbench.dimensions.backbones.musiq import MUSIQ
from vbench.dimensions.base import VideoScore
from vbench.dimensions.imaging_quality import PREPROCESSING, ImagingQuality
from vbench.media.video import Video
from vbench.prompts.suite import Prompt

pytestmark = pytest.mark.parity

GOLDEN = reference("imaging_quality")
CLIPS, MODES = GOLDEN["clips"], GOLDEN["modes"]
BEST = 100
"""The reference's figures of clips and frames are percentages."""


@pytest.fixture(scope="module")
def model() -> MUSIQ:
    return seeded(MUSIQ)


@pytest.fixture(scope="module")
def scored() -> Scored:
    return Scored("imaging_quality")


@pytest.fixture(scope="module")
def in_mode(model: MUSIQ) -> Callable[[str], VideoScore]:
    """The clip that is large enough to be scaled, by preprocessing."""

    @cache
    def score(mode: str) -> VideoScore:
        dimension = ImagingQuality(quality_model=model, preprocessing=mode)
        return dimension.score(Video(clip(MODES["clip"])), Prompt(CLIPS[MODES["clip"]]["prompt"]))

    return score


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_scores_as_the_reference(scored: Scored, name: str) -> None:
    assert scored[name].value == pytest.approx(CLIPS[name]["score"] / BEST, abs=tolerance(name))


@pytest.mark.parametrize("name", CLIPS)
def test_each_frame_scores_as_in_the_reference(scored: Scored, name: str) -> None:
    probe, frames = CLIPS[name]["probe"], scored[name].per_frame
    assert len(frames) == probe["frames"]
    expected = [score / BEST for score in probe["frame_scores_first8"]]
    assert frames[:8] == pytest.approx(expected, abs=tolerance(name))


@pytest.mark.parametrize("mode", PREPROCESSING)
def test_each_preprocessing_scores_as_in_the_reference(in_mode: Callable[[str], VideoScore], mode: str) -> None:
    bound = tolerance(MODES["clip"])
    assert in_mode(mode).value == pytest.approx(MODES[mode]["score"] / BEST, abs=bound)
    expected = [score / BEST for score in MODES[mode]["frame_scores"]]
    assert in_mode(mode).per_frame == pytest.approx(expected, abs=bound)


def test_aggregate_is_the_mean_of_the_clips(scored: Scored) -> None:
    assert scored.aggregate == pytest.approx(GOLDEN["aggregate"], abs=AGGREGATE_TOLERANCE)


@pytest.mark.parametrize("name", CLIPS)
def test_the_result_file_gives_percentages(scored: Scored, name: str) -> None:
    assert scored.result(name)["video_results"] == pytest.approx(CLIPS[name]["score"], abs=BEST * tolerance(name))
