"""What each prompt gives to a score, to first order: intervals and verdicts without draws, for tables of many runs.

To a weighted mean of dimensions a prompt gives the weighted sum of what it gives to each
(:func:`vbench.analysis.prompt_table.influences`).

Source: Hoeffding, "Probability Inequalities for Sums of Bounded Random Variables", JASA 1963, theorem 2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from vbench.analysis.interval import Interval, errors, spread
from vbench.analysis.prompt_table import Array, Table, at_once, influences, shared_tables
from vbench.analysis.statistics import FEWEST, drawn_within
from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.score_card import TOTAL

SURE = 1e-8
"""A probability that 4,000 draws do not see: one in 25,000 comparisons would say otherwise."""


def weights_of(benchmark: Benchmark, column: str) -> dict[str, float]:
    """Dimension -> what its normalised score counts in a part or the Total; of a dimension itself, on its raw scale."""
    rules = benchmark.rules
    if column in rules:
        return {column: rules[column].maximum - rules[column].minimum}
    parts = [part for part in benchmark.parts if column in (TOTAL, part.name)]
    return selection(
        benchmark, rules if column == TOTAL else [n for part in parts for n in benchmark.of_part(part.name)]
    )


def selection(benchmark: Benchmark, ticked: object) -> dict[str, float]:
    """Dimension -> what it counts in the weighted mean over some dimensions; the weights sum to 1.

    Of one part it is the part's own mean; of several, each counts what it counts in the Total.

    Args:
        benchmark: whose rules hold.
        ticked: names of the dimensions; others than the benchmark's count nothing.
    """
    chosen = set(ticked) & benchmark.rules.keys()  # type: ignore[call-overload]
    weights: dict[str, float] = {}
    shares = {part.name: part.weight for part in benchmark.parts} or {"": 1.0}
    present = {name: [one for one in benchmark.of_part(name) if one in chosen] for name in shares}
    whole = sum(share for name, share in shares.items() if present[name])
    for part, names in present.items():
        of_part = sum(benchmark.rules[name].weight for name in names)
        weights |= {name: shares[part] / whole * benchmark.rules[name].weight / of_part for name in names}
    return weights


def interval_of(table: Table, weights: Mapping[str, float]) -> Interval | None:
    """The weighted mean of normalised scores with its 95 % interval, from the spread of what the prompts give.

    Args:
        table: of a run.
        weights: by dimension.

    Returns:
        ``None`` where a dimension is missing or has a single prompt.
    """
    if not weights or not weights.keys() <= set(table.dimensions):
        return None
    places = [table.dimensions.index(name) for name in weights]
    if (table.weights[:, places] > 0).sum(0).min() < 2:
        return None
    scores, given, scale = at_once(table), influences(table), _scale(table.benchmark, weights)
    moves = spread(np.stack([given[name] for name in weights], 1) @ scale, drawn_within(table.strata))
    least = [table.benchmark.rules[name].minimum for name in weights]
    score = float((np.array([scores[name] for name in weights]) - least) @ scale)
    far = errors(moves.free) * moves.error
    return Interval(score, score - far, score + far)


def surely_apart(first: Table, second: Table, weights: Mapping[str, float]) -> bool:
    """Whether two runs differ by more than any exchange of them within prompts would give, but for a chance of SURE.

    It says no where draws have to tell (:func:`vbench.analysis.statistics.beyond_noise`), and where a dimension is
    missing or is a mean over groups.

    Args:
        first: of a run.
        second: of another.
        weights: by dimension, as of :func:`weights_of`.
    """
    one, two = shared_tables(first, second)
    if not weights.keys() <= set(one.dimensions) or one.groups.any() or len(one.prompts) < FEWEST:
        return False
    places = [one.dimensions.index(name) for name in weights]
    given = _given(one, two, places) @ _scale(one.benchmark, weights)
    changed = abs(float(given.sum()))
    spread = float((given**2).sum())
    fewest = int((one.weights[:, places] > 0).sum(0).min())
    return fewest >= FEWEST and spread > 0 and 2 * math.exp(-(changed**2) / (2 * spread)) < SURE


def _given(one: Table, two: Table, places: list[int]) -> Array:
    """``(prompts, dimensions)`` what each prompt gives to the difference of both runs."""
    values, weights = ((a[:, places], b[:, places]) for a, b in ((one.values, two.values), (one.weights, two.weights)))
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = (values[0] + values[1]).sum(0) / (weights[0] + weights[1]).sum(0)
        given: Array = (
            2 * ((values[1] - values[0]) - scores * (weights[1] - weights[0])) / (weights[0] + weights[1]).sum(0)
        )
    return np.nan_to_num(given)


def _scale(benchmark: Benchmark, weights: Mapping[str, float]) -> Array:
    specs = benchmark.rules
    return np.array([weights[name] / (specs[name].maximum - specs[name].minimum) for name in weights])
