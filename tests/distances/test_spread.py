"""Intervals, the part of a figure that is the number of videos, and the real set against itself."""

from __future__ import annotations

import numpy as np
import pytest

from vbench.distances.frechet import Moments, frechet, moments
from vbench.distances.kernels import cubic, discrepancy
from vbench.distances.spread import Sample, Values, computations, spread
from vbench.errors import UsageError


def normal(videos: int, seed: int, windows: int = 1, width: int = 16, apart: float = 0.0) -> Sample:
    """Gaussian features; windows of one video are the same but for a little."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(apart, 1, (videos, width)).repeat(windows, axis=0)
    return Sample((centres + rng.normal(0, 1e-3, centres.shape)).astype(np.float32), np.arange(videos).repeat(windows))


def distance(real: Values | Moments, generated: Values) -> float:
    known = real if isinstance(real, Moments) else moments(real, 1)
    return frechet(known, moments(generated, 1)).distance


@pytest.mark.parametrize(("apart", "least", "most"), [(1.0, 0.75, 1.35), (0.0, 1.0, 2.0)])
def test_the_interval_is_as_wide_as_figures_of_other_videos_scatter(apart: float, least: float, most: float) -> None:
    """Where the sets are hardly apart it is wider than it need be, never narrower."""
    pairs = [(normal(64, seed), normal(64, 1000 + seed, apart=apart)) for seed in range(200)]
    figures = [distance(real.values, generated.values) for real, generated in pairs]
    expected = np.quantile(figures, 0.975) - np.quantile(figures, 0.025)
    found = spread(distance, figures[0], *pairs[0], 0.0, draws=100)
    assert found.low < figures[0] < found.high
    assert least < (found.high - found.low) / expected < most


def test_windows_of_one_video_are_no_more_videos() -> None:
    few = spread(distance, 1.0, normal(24, 0), normal(24, 1), 0.0, draws=60)
    same = spread(distance, 1.0, normal(24, 0, windows=5), normal(24, 1, windows=5), 0.0, draws=60)
    assert (same.high - same.low) / (few.high - few.low) == pytest.approx(1, abs=0.2)


def test_equal_distributions_are_at_no_distance_in_the_end() -> None:
    real, generated = normal(400, 1), normal(400, 2)
    value = distance(real.values, generated.values)
    found = spread(distance, value, real, generated, 0.0, draws=40)
    quarter, half, whole = (part.value for part in found.parts)
    assert quarter > 1.8 * half > 3 * whole  # a half as many videos, twice the bias
    assert [(part.real, part.generated) for part in found.parts] == [(100, 100), (200, 200), (400, 400)]
    assert found.without_end is not None
    assert found.without_end < 0.1 * whole
    assert found.itself is not None
    assert found.itself.real == 200
    assert found.itself.value == pytest.approx(half, rel=0.2)


@pytest.mark.parametrize("windows", [64, 255, 256])
def test_nothing_is_said_of_a_set_without_end_where_parts_have_fewer_windows_than_features(windows: int) -> None:
    """Equal distributions in 64 features: a line through figures of few windows ends far above 0."""
    real, generated = normal(windows, 1, width=64), normal(windows, 2, width=64)
    value = distance(real.values, generated.values)
    found = spread(distance, value, real, generated, 0.0, draws=8, fewest_windows=64)
    assert (found.without_end is None) == (windows < 256)
    assert (found.without_end or 0.0) < 0.15 * value


def test_the_ends_of_a_hundred_draws_leave_out_what_they_say() -> None:
    rng, one = np.random.default_rng(0), normal(8, 0)
    found = [spread(lambda *_: float(rng.uniform()), 0.5, one, one, None, draws=100) for _ in range(300)]
    outside = np.mean([0.5 - (part.high - part.low) / 2 for part in found])
    assert outside == pytest.approx(0.025, abs=0.003)


def test_a_reference_stays_as_it_is() -> None:
    real, generated = normal(100, 1), normal(60, 2, apart=0.3)
    found = spread(distance, 2.0, moments(real.values, 1), generated, 0.0, draws=10)
    assert found.itself is None
    assert [part.real for part in found.parts] == [0, 0, 0]


def test_an_unbiased_figure_has_no_end_and_may_lie_below_zero() -> None:
    def kernel(real: Values | Moments, generated: Values) -> float:
        assert not isinstance(real, Moments)
        return discrepancy(real, generated, cubic, unbiased=True)

    real, generated = normal(40, 1), normal(40, 2)
    found = spread(kernel, kernel(real.values, generated.values), real, generated, None, draws=40)
    assert found.without_end is None
    assert found.low < 0 < found.high


def test_draws_repeat_and_are_all_told() -> None:
    told: list[int] = []
    first, second = (
        spread(distance, 1.0, normal(20, 1), normal(20, 2), 0.0, draws=12, told=lambda: told.append(1))
        for _ in range(2)
    )
    assert first == second
    assert len(told) == 2 * computations(12)


def test_few_videos_say_nothing() -> None:
    with pytest.raises(UsageError, match="parts of 5 videos say nothing: 8 are the fewest"):
        spread(distance, 1.0, normal(50, 1), normal(5, 2), 0.0)
