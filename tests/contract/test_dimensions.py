"""What every registered dimension promises, held against short, long, grey and odd-sized videos and an array."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.contract.mocks import PLAYERS
from tests.footage import Frames, noise, write_video
from vbench.benchmarks.base import Counts, DimensionSpec, Unit, Values
from vbench.benchmarks.registry import BENCHMARKS, implementation, specs_of
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.profiles import profile
from vbench.errors import NotApplicable, TooShort
from vbench.media.frames_in_memory import FramesVideo
from vbench.media.video import Video
from vbench.prompts.library import load_suite, pictures_of
from vbench.prompts.pictures import with_pictures
from vbench.prompts.suite import Prompt

SPECS = {
    spec.implementation: spec
    for name in reversed(list(BENCHMARKS.builtin))
    for spec in specs_of(BENCHMARKS.get(name)).values()
    if BENCHMARKS.get(name).unit is not Unit.CLIP or spec.of_first_frames  # there a run makes each clip count 1
}
"""Every implementation that a benchmark names."""

OPTIONS = {"imaging_quality_by_metric": {"metric": "mean"}}


def grey(folder: Path) -> Path:
    """Pictures without colours, as a greyscale camera leaves them."""
    folder.mkdir()
    for index, frame in enumerate(noise(17)):
        Image.fromarray(frame[..., 0], mode="L").save(folder / f"{index:03}.png")
    return folder


def even(frames: int) -> Frames:
    """Frames that are darker and brighter, without any edge."""
    return np.stack([np.full((48, 64, 3), 10 + 7 * index, np.uint8) for index in range(frames)])


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    return {
        "1 frame": write_video(folder / "one.mp4", noise(1)),
        "2 frames": write_video(folder / "two.mp4", noise(2)),
        "17 frames": write_video(folder / "seventeen.mp4", noise(17)),
        "even": write_video(folder / "even.mp4", even(17)),
        "grey": grey(folder / "grey"),
        "odd size": write_video(folder / "odd.mp4", noise(17, 47, 63)),
    }


CLIPS = ("1 frame", "2 frames", "17 frames", "even", "grey", "odd size")


def dimension(spec: DimensionSpec) -> Dimension:
    kind: Any = implementation(spec)
    made: Dimension = kind(**{role: PLAYERS[role]() for role in kind.roles}, **OPTIONS.get(spec.name, {}))
    return made


def prompt_for(spec: DimensionSpec) -> Prompt:
    """The first prompt of a suite of ours that brings what the dimension needs."""
    if spec.asked_in_words:
        return Prompt("a street, camera pans left")
    if not spec.free_prompts:
        return Prompt("An African person is riding a bike")
    if spec.needs_picture:
        suite = with_pictures(load_suite("i2v-demo"), pictures_of("i2v-demo"))
        return next(prompt for prompt in suite if spec.name in prompt.dimensions)
    known = (prompt for prompt in load_suite("open") if spec.tested_by in prompt.dimensions)
    return next(known, Prompt("a person who rides a bike"))


def score(spec: DimensionSpec, video: Video) -> VideoScore | TooShort | NotApplicable:
    try:
        return dimension(spec).score(video, prompt_for(spec))
    except (TooShort, NotApplicable) as error:
        return error


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("spec", SPECS.values(), ids=lambda spec: spec.name)
def test_a_dimension_scores_or_says_why_not(spec: DimensionSpec, clip: str, clips: dict[str, Path]) -> None:
    found = score(spec, Video(clips[clip]))
    if isinstance(found, TooShort):
        assert clip in ("1 frame", "2 frames")
        assert "needs at least" in str(found)
        return
    assert isinstance(found, VideoScore), found
    low, high = spec.bounds or (-math.inf, math.inf)
    assert low <= found.value <= high
    if spec.values is Values.BOOLEAN:
        assert found.value in (0, 1)
    if spec.counts in (Counts.FRAMES, Counts.PAIRS, Counts.LOOKED_AT):
        assert found.weight == len(found.per_frame) >= 1
        assert found.weight == 16 or spec.counts is not Counts.LOOKED_AT
    else:
        assert found.weight in ((0, 1) if spec.counts is Counts.FOUND else (1,))
    if spec.values is Values.HITS:
        assert (16 * found.value).is_integer()
    assert all(map(math.isfinite, found.per_frame))
    assert json.loads(json.dumps(dict(found.details), allow_nan=False)) is not None


@pytest.mark.parametrize("spec", SPECS.values(), ids=lambda spec: spec.name)
def test_a_second_look_gives_the_same_score_and_frames_in_memory_do_too(
    spec: DimensionSpec, clips: dict[str, Path]
) -> None:
    first = score(spec, Video(clips["17 frames"]))
    assert isinstance(first, VideoScore)
    assert score(spec, Video(clips["17 frames"])) == first
    assert score(spec, FramesVideo(noise(17), fps=8)) == first


@pytest.mark.parametrize("spec", SPECS.values(), ids=lambda spec: spec.name)
def test_every_role_is_played_in_the_official_profile(spec: DimensionSpec) -> None:
    assert set(implementation(spec).roles) <= profile("official").roles.keys() & PLAYERS.keys()
