"""What becomes of a score in the course of a video."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import theilslopes

from vbench.analysis.over_time import OverTime, drifts, over_time, slope
from vbench.runs.store import FAILED, SCORED, Row


def clip(start: float, value: float, dimension: str = "scene", video: str = "a cat-0.mp4", status: str = SCORED) -> Row:
    return Row(f"{video}#t={start:g},{start + 2:g}", "a cat", dimension, "", status=status, value=value, weight=1.0)


def test_clips_are_taken_in_the_order_of_time_and_not_of_their_names() -> None:
    rows = [clip(start, 1 - start / 100) for start in (10, 2, 0, 100)]
    (found,) = over_time([*rows, clip(4, 0.5, status=FAILED), Row("a dog-0.mp4", "a dog", "scene", "", value=1.0)])
    assert list(found.seconds) == [1, 3, 11, 101]
    assert found.drift == pytest.approx(-1.0)
    assert found.slope.value == pytest.approx(-0.01)


def test_one_clip_has_no_course() -> None:
    assert over_time([clip(0, 0.5)]) == []


@pytest.mark.parametrize("count", [5, 6, 30])
def test_the_slope_is_sens(count: int) -> None:
    rng = np.random.default_rng(count)
    seconds = 2.0 * np.arange(count)
    values = 0.9 - 0.004 * seconds + 0.01 * rng.standard_normal(count)
    own, other = slope(list(seconds), list(values)), theilslopes(values, seconds, alpha=0.95)
    assert own.value == pytest.approx(other.slope)
    assert own.low is not None
    assert own.high is not None
    assert own.low <= own.value <= own.high
    if count == 30:  # libraries differ in how they round the ranks of the ends
        assert own.low == pytest.approx(other.low_slope, abs=3e-4)
        assert own.high == pytest.approx(other.high_slope, abs=3e-4)


@pytest.mark.parametrize("clips", [5, 6, 12])
def test_the_interval_holds_the_slope_nineteen_times_of_twenty(clips: int) -> None:
    rng = np.random.default_rng(0)
    seconds = 2.0 * np.arange(clips)
    held = 0
    for _ in range(300):
        found = slope(list(seconds), list(0.003 * seconds + 0.02 * rng.standard_normal(clips)))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.003 <= found.high
    assert held / 300 > 0.92


def test_few_clips_say_nothing_of_how_far_a_slope_would_move() -> None:
    """The true slope is outside all slopes between four clips once in twelve times, between two clips always."""
    (found,) = over_time([clip(start, 1 - start / 100) for start in (0, 2, 4, 6)])
    assert (found.slope.low, found.slope.high) == (None, None)
    assert found.described().endswith("-0.0100 a second")


def test_five_videos_of_a_prompt_are_no_five_prompts() -> None:
    rng, seconds, held = np.random.default_rng(0), (1.0, 3.0, 5.0, 7.0), 0
    for repetition in range(200):
        falls = rng.normal(0, 0.01, 8)
        courses = [
            OverTime(
                "scene", f"{prompt}-{sample}.mp4", f"{prompt}", seconds, tuple(fall * second for second in seconds)
            )
            for prompt, fall in enumerate(falls.tolist())
            for sample in range(5)
        ]
        (found,) = drifts(courses, seed=repetition)
        assert found.slope.low is not None
        assert found.slope.high is not None
        held += found.slope.low <= 0 <= found.slope.high
    assert held / 200 > 0.9


def test_a_run_has_the_mean_of_its_videos_slopes_with_an_interval_over_prompts() -> None:
    falls = (0.01, 0.02, 0.03)
    rows = [
        replace(clip(start, 1 - fall * start, video=f"video {fall}.mp4"), prompt=f"prompt {fall}")
        for fall in falls
        for start in (0, 2, 4, 6)
    ]
    (found,) = drifts(over_time(rows))
    assert (found.videos, found.prompts) == (3, 3)
    assert found.slope.value == pytest.approx(-0.02)
    assert found.slope.low is not None
    assert found.slope.high is not None
    assert found.slope.low < -0.03 < -0.01 < found.slope.high  # three videos say little of others
    assert found.slope.value - found.slope.low == pytest.approx(found.slope.high - found.slope.value)
    assert found.drift == pytest.approx(-0.12)
