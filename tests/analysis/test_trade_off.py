"""Correlations of two dimensions over models, and how far they are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vbench.analysis.interval import Interval
from vbench.analysis.trade_off import correlation, described


@pytest.mark.parametrize("models", [5, 6, 8, 12])
def test_the_interval_holds_the_correlation_however_few_the_models(models: int) -> None:
    rng, across, held = np.random.default_rng(models), 0.9, 0
    truth = 6 / math.pi * math.asin(across / 2)  # of ranks, where scores are normal
    for _ in range(400):
        x = rng.normal(size=models)
        y = across * x + math.sqrt(1 - across**2) * rng.normal(size=models)
        found = correlation(x.tolist(), y.tolist())
        assert found is not None
        held += found.low <= truth <= found.high
    assert held / 400 > 0.92


def test_five_models_of_one_order_are_not_certain() -> None:
    alike = correlation([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])
    opposed = correlation([1, 2, 3, 4, 5], [5, 4, 3, 2, 1])
    assert alike is not None
    assert opposed is not None
    assert (alike.score, alike.high, opposed.score, opposed.low) == (1, 1, -1, -1)
    assert alike.low < 0.5
    assert opposed.high == -alike.low


def test_an_interval_by_hand() -> None:
    found = correlation([1, 2, 3, 4, 5, 6], [2, 1, 4, 3, 6, 5])
    assert found is not None
    assert found.score == pytest.approx(29 / 35)  # 1 - 6 * 6 / (6 * 35), as each rank is off by one
    # Fisher's z is ln((1 + r) / (1 - r)) / 2 = ln(32 / 3) / 2 = 1.1835, its variance (1 + r ** 2 / 2) / 3 = 0.4478
    ends = [math.tanh(1.1835 - 1.96 * 0.66914), math.tanh(1.1835 + 1.96 * 0.66914)]
    assert [found.low, found.high] == pytest.approx(ends, abs=1e-4)


@pytest.mark.parametrize("models", [5, 9])
def test_one_order_is_known_as_well_as_the_next_to_it(models: int) -> None:
    order = list(range(models))
    alike, exchanged = correlation(order, order), correlation(order, [1, 0, *order[2:]])
    assert alike is not None
    assert exchanged is not None
    assert alike.low == pytest.approx(exchanged.low)
    assert alike.high == 1


def test_few_models_and_equal_ones_tell_nothing() -> None:
    assert correlation([1, 2, 3, 4], [1, 2, 3, 4]) is None
    assert correlation([1, 2, 3, 4, 5], [1, 1, 1, 1, 1]) is None
    assert correlation([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]) is None
    for across, up in (([1, 1, 1, 2, 2], [1, 2, 3, 4, 5]), ([1, 2, 3, 4, 5], [1, 1, 1, 2, 2])):
        found = correlation(across, up)
        assert found is not None
        assert 0 < found.score < 1


@pytest.mark.parametrize(
    ("low", "high", "how"),
    [(0.2, 0.8, "alike"), (-0.8, -0.2, "opposed"), (0.0, 0.8, "neither"), (-0.8, 0.0, "neither"), (-1, 1, "neither")],
)
def test_ranks_are_alike_or_opposed_only_beyond_noise(low: float, high: float, how: str) -> None:
    assert f"the ranks are {how}" in described(Interval((low + high) / 2, low, high), 20)
