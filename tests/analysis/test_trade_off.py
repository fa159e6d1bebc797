"""Correlations of two dimensions over models, and how far they are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vbench.analysis.trade_off import correlation


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
