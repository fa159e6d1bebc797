"""What each prompt gives to a run's scores: sums per prompt, and what is made of them.

The unit is the prompt: samples of one prompt are alike, so they stay together, and each dimension says what they say of
it. Every sum goes through the protocol's own aggregation, so weights and exclusions hold.

Source of what a prompt gives to a ratio: Hampel, "The Influence Curve and its Role in Robust Estimation", JASA 1974.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vbench.benchmarks.base import Benchmark, DimensionSpec
from vbench.benchmarks.score_card import TOTAL, in_protocol_order
from vbench.benchmarks.t2v import T2V
from vbench.runs.results import prompt_scores
from vbench.runs.store import Row

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Sums per prompt: what any draw of prompts is aggregated from.

    Attributes:
        prompts: names, one a row.
        dimensions: names, one a column.
        values: ``(prompts, dimensions)`` a prompt's value times its weight.
        weights: ``(prompts, dimensions)`` its weight; 0 where the prompt does not test the dimension.
        strata: ``(prompts,)`` number of the group that a prompt is drawn within.
        groups: ``(prompts, dimensions)`` number of the group that a prompt is averaged within; 0 where there are none.
        benchmark: whose rules make the parts and the Total.
    """

    prompts: tuple[str, ...]
    dimensions: tuple[str, ...]
    values: Array
    weights: Array
    strata: NDArray[np.int64]
    groups: NDArray[np.int64]
    benchmark: Benchmark = T2V

    @cached_property
    def summands(self) -> Array:
        """``(prompts, 2, groups, dimensions)``: values and weights, apart by the group that a prompt is averaged in."""
        both = np.stack((self.values, self.weights), axis=1)[:, :, None]
        if not self.groups.any():
            return both
        grouped: Array = both * (self.groups[:, None] == np.unique(self.groups)[:, None])[:, None]
        return grouped

    def only(self, prompts: Sequence[str]) -> Table:
        """The rows of these prompts, in this order."""
        place = {prompt: row for row, prompt in enumerate(self.prompts)}
        rows = [place[prompt] for prompt in prompts]
        return replace(
            self,
            prompts=tuple(prompts),
            values=self.values[rows],
            weights=self.weights[rows],
            strata=self.strata[rows],
            groups=self.groups[rows],
        )


def table(rows: Iterable[Row], benchmark: Benchmark = T2V) -> Table:
    """What each dimension says of each prompt of a run; rows without a score leave no trace."""
    scores: dict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
    of_group: dict[tuple[str, str], str] = {}
    for (prompt, name), score in prompt_scores(rows, benchmark).items():
        scores[prompt][name] = score.product, score.weight
        of_group[prompt, name] = score.group
    numbers = {group: number for number, group in enumerate(sorted({"", *of_group.values()}))}
    prompts = tuple(sorted(scores))
    dimensions = tuple(in_protocol_order({name for found in scores.values() for name in found}, benchmark))
    values, weights = np.zeros((2, len(prompts), len(dimensions)))
    for i, prompt in enumerate(prompts):
        for j, name in enumerate(dimensions):
            values[i, j], weights[i, j] = scores[prompt].get(name, (0.0, 0.0))
    alike = {p: tuple((name, of_group[p, name]) for name in sorted(scores[p])) for p in prompts}
    places = {tested: number for number, tested in enumerate(sorted(set(alike.values())))}
    strata = np.array([places[alike[prompt]] for prompt in prompts], dtype=np.int64)
    groups = np.array([[numbers[of_group.get((p, name), "")] for name in dimensions] for p in prompts], dtype=np.int64)
    return Table(prompts, dimensions, values, weights, strata, groups.reshape(values.shape), benchmark)


def shared_tables(first: Table, second: Table) -> tuple[Table, Table]:
    """Both tables over what they share; a prompt counts for a dimension only where both score it."""
    one, two = first, second
    if (first.prompts, first.dimensions) != (second.prompts, second.dimensions):
        there = set(second.prompts)
        prompts = [prompt for prompt in first.prompts if prompt in there]
        names = [name for name in first.dimensions if name in second.dimensions]
        one, two = (_columns(part.only(prompts), names) for part in (first, second))
    both = (one.weights > 0) & (two.weights > 0)
    return (
        replace(one, values=one.values * both, weights=one.weights * both),
        replace(two, values=two.values * both, weights=two.weights * both),
    )


def _columns(part: Table, names: Sequence[str]) -> Table:
    places = [part.dimensions.index(name) for name in names]
    return replace(
        part,
        dimensions=tuple(names),
        values=part.values[:, places],
        weights=part.weights[:, places],
        groups=part.groups[:, places],
    )


def at_once(of: Table) -> dict[str, float]:
    """The scores over all prompts."""
    return {name: float(column[0]) for name, column in with_parts(of, scores_of(of.summands.sum(0)[None])).items()}


def influences(of: Table) -> dict[str, Array]:
    """Score -> ``(prompts,)`` what each prompt gives to it, to first order; together they give nothing.

    A dimension's score is a ratio of sums, or a mean of such; where one prompt's part is small, it gives to the ratio
    ``(value - ratio * weight) / sum of weights``.
    """
    sums = of.summands.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = sums[0] / sums[1]
        given = np.nan_to_num((of.summands[:, 0] - ratios * of.summands[:, 1]) / sums[1])
    given = given.sum(1) / np.maximum(np.isfinite(ratios).sum(0), 1)
    scores = scores_of(sums[None])
    before, after = with_parts(of, scores), with_parts(of, scores + given)
    return {name: after[name] - before[name] for name in after}


def scores_of(sums: Array) -> Array:
    """Sums ``(draws, 2, groups, dimensions)`` -> ``(draws, dimensions)`` means, NaN where nothing counts."""
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums[:, 0] / sums[:, 1]
        if means.shape[1] == 1:
            return np.asarray(means[:, 0])
        known = np.isfinite(means)
        return np.asarray(np.where(known, means, 0.0).sum(1) / known.sum(1))


def with_parts(of: Table, scores: Array) -> dict[str, Array]:
    """Columns by name, and the parts and the Total where all their dimensions are there."""
    columns: dict[str, Array] = {name: scores[:, place] for place, name in enumerate(of.dimensions)}
    benchmark, rules = of.benchmark, of.benchmark.rules
    parts: dict[str, Array] = {}
    for part in benchmark.parts:
        specs = [rules[name] for name in benchmark.of_part(part.name)]
        if all(spec.name in columns for spec in specs):
            parts[part.name] = _weighted_mean(columns, specs)
    if not benchmark.has_total or not rules.keys() <= columns.keys():
        return columns | parts
    if not benchmark.parts:
        return columns | {TOTAL: _weighted_mean(columns, list(rules.values()))}
    weighted = np.stack([part.weight * parts[part.name] for part in benchmark.parts])
    total = weighted.sum(axis=0) / sum(part.weight for part in benchmark.parts)
    return columns | parts | {TOTAL: total}


def _weighted_mean(columns: Mapping[str, Array], specs: Sequence[DimensionSpec]) -> Array:
    """Of the normalised scores of these dimensions."""
    scale = np.array([spec.weight / (spec.maximum - spec.minimum) for spec in specs])
    above = np.stack([columns[spec.name] - spec.minimum for spec in specs], axis=1)
    mean: Array = above @ scale / sum(spec.weight for spec in specs)
    return mean
