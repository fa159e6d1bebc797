"""The mean over videos that are scored one by one, as a run has it."""

from __future__ import annotations

from collections.abc import Iterable

from vbench.dimensions.base import Dimension, PromptScore


def mean(numbers: Iterable[tuple[float, float]]) -> float | None:
    """Of values and weights, with the same bits in every order; ``None`` where nothing counts.

    >>> mean([(0.5, 1.0), (0.9, 3.0), (0.0, 0.0)])
    0.8
    """
    return Dimension.aggregate(PromptScore.of(value, weight) for value, weight in numbers)
