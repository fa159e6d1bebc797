"""What a score is worth: intervals, differences between runs, and whether models can be told apart.

The unit that is drawn is the prompt: samples of one prompt are alike, so they stay together, and each
dimension says what they say of it. Prompts are drawn within groups that test the same dimensions, as the protocol
shares prompts between dimensions, and every draw goes through the protocol's own aggregation, so weights and exclusions
hold. All draws are seeded.

Sources: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 6 and 13 (percentile intervals);
Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses", 2005, chapter 3 (exchange within pairs); Holm, "A
Simple Sequentially Rejective Multiple Test Procedure", 1979.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from statistics import NormalDist
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vbench.analysis.interval import CONFIDENCE, NORMAL, Interval, errors, interval
from vbench.benchmarks.base import Benchmark, DimensionSpec
from vbench.benchmarks.score_card import TOTAL, in_protocol_order
from vbench.benchmarks.t2v import T2V
from vbench.runs.results import prompt_scores
from vbench.runs.store import Row

DRAWS = 4000
POWER = 0.8

FEWEST = 6
"""Prompts from which on a difference can be beyond noise: two runs are exchanged within n prompts in 2**n ways, so that
no probability is below 2 / 2**n, and with five prompts none below 0.06."""

AT_ONCE = 1 << 17
"""Numbers that are drawn together, 1 MiB: all draws of many prompts would take gigabytes and more time."""

KEPT = 1 << 23
"""Signs that are kept for the next pair of runs, at most, 64 MiB: a board compares many runs over the same prompts."""

Array = NDArray[np.float64]

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class PairedDifference:
    """Second run minus first, over the prompts that both have.

    Attributes:
        first: score of the first run on the shared prompts.
        second: score of the second run on them.
        low: lower end of the difference's interval; ``None`` over a single prompt and where it is the same on each, as
            nothing says how far it would move with another one.
        high: upper end.
        p: probability of a difference at least as large if the runs were the same, two-sided, not adjusted.
        adjusted: the same after Holm's adjustment over everything that was compared together.
        effect: mean difference per prompt in standard deviations of it (Cohen's d for pairs); 0 where none varies, and
            ``None`` for the parts and the Total, to which a prompt gives only a part.
        prompts: number of shared prompts.
        prompts_to_settle: prompts at which a true difference of this size would be found with 80 % power; ``None``
            where there is no difference to find, and where so few prompts were compared that nobody can say.
    """

    first: float
    second: float
    low: float | None
    high: float | None
    p: float
    adjusted: float
    effect: float | None
    prompts: int
    prompts_to_settle: int | None

    @property
    def change(self) -> float:
        """Second minus first."""
        return self.second - self.first

    @property
    def has_verdict(self) -> bool:
        """Whether there are prompts enough to tell a difference from noise, were it ever so large."""
        return self.prompts >= FEWEST

    def is_significant(self, level: float = 1 - CONFIDENCE) -> bool:
        """Whether the difference is beyond noise, all comparisons taken together."""
        return self.has_verdict and self.adjusted <= level


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


def intervals(
    rows: Iterable[Row], seed: int = 0, draws: int = DRAWS, benchmark: Benchmark = T2V
) -> dict[str, Interval]:
    """Intervals for each dimension and, where it is complete, for each part and the Total.

    What needs many prompts, each of them alone with its dimensions, may be whole in no draw and has no interval then.
    A dimension of a single prompt has none either: nothing says how far its score would move with another one.

    Args:
        rows: of one run.
        seed: of the draws.
        draws: how many.
        benchmark: whose rules hold.
    """
    sums = table(rows, benchmark)
    if not sums.prompts:
        return {}
    point, (drawn,) = _at_once(sums), _drawn([sums], seed, draws)
    found = {
        name: _interval(sums, name, point[name], drawn[name], _bounds(benchmark, name, point[name])) for name in point
    }
    return {name: one for name, one in found.items() if one}


def drawn_scores(
    rows: Iterable[Row], name: str, seed: int = 0, draws: int = DRAWS, benchmark: Benchmark = T2V
) -> Array:
    """A score for as many draws of the prompts, ``(draws,)`` float64; empty where there is none.

    Args:
        rows: of one run.
        name: of a dimension, a part, or ``total``.
        seed: of the draws.
        draws: how many.
        benchmark: whose rules hold.
    """
    sums = table(rows, benchmark)
    (drawn,) = _drawn([sums], seed, draws) if sums.prompts else ({},)
    return drawn.get(name, np.empty(0))


def category_intervals(
    rows: Iterable[Row], seed: int = 0, draws: int = DRAWS, benchmark: Benchmark = T2V
) -> dict[str, dict[str, Interval]]:
    """Intervals by content category and dimension; arguments as :func:`intervals`."""
    by_category: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.category:
            by_category[row.category].append(row)
    return {category: intervals(by_category[category], seed, draws, benchmark) for category in sorted(by_category)}


def compare(
    first: Iterable[Row], second: Iterable[Row], seed: int = 0, draws: int = DRAWS, benchmark: Benchmark = T2V
) -> dict[str, PairedDifference]:
    """Paired differences over the prompts that both runs have, for every dimension that both have and the parts.

    The interval comes from drawing prompts, the probability from exchanging the two runs within random prompts.

    Args:
        first: rows of the run that is the yardstick.
        second: rows of the run that is judged.
        seed: of the draws.
        draws: how many.
        benchmark: whose rules hold.
    """
    return compare_tables(table(first, benchmark), table(second, benchmark), seed, draws)


def compare_tables(first: Table, second: Table, seed: int = 0, draws: int = DRAWS) -> dict[str, PairedDifference]:
    """The same from the tables of two runs, of one benchmark; arguments as :func:`compare`."""
    one, two = _aligned(first, second)
    if not one.prompts or not one.dimensions:
        return {}
    drawn = _drawn([one, two], seed, draws)
    before, after = _at_once(one), _at_once(two)
    found = {}
    for name, p in _chances(one, two, before, after, seed, draws).items():
        change, changes = after[name] - before[name], drawn[1][name] - drawn[0][name]
        if not np.isfinite(changes).any():
            continue
        known = _interval(one, name, change, changes)
        low, high = (known.low, known.high) if known else (None, None)
        prompts, free = _prompts_of(one, name), _free_prompts(one, name)
        found[name] = PairedDifference(
            before[name], after[name], low, high, p, p, _effect(one, two, name), prompts,
            _prompts_to_settle(known, prompts, free),
        )  # fmt: skip
    return holm(found)


def beyond_noise(first: Table, second: Table, seed: int = 0, draws: int = DRAWS) -> dict[str, bool]:
    """The verdicts of :func:`compare_tables` alone, without intervals, in a tenth of its time."""
    one, two = shared_tables(first, second)
    if not one.prompts or not one.dimensions:
        return {}
    chances = _chances(one, two, _at_once(one), _at_once(two), seed, draws)
    adjusted = _adjusted(chances)
    return {name: _prompts_of(one, name) >= FEWEST and adjusted[name] <= 1 - CONFIDENCE for name in chances}


def _at_once(of: Table) -> dict[str, float]:
    """The scores over all prompts."""
    return {name: float(column[0]) for name, column in _with_parts(of, _scores(of.summands.sum(0)[None])).items()}


def _chances(
    one: Table, two: Table, before: Mapping[str, float], after: Mapping[str, float], seed: int, draws: int
) -> dict[str, float]:
    """Score -> probability of a change at least as large if the runs were the same, not adjusted."""
    exchanged = _exchanged(one, two, seed, draws)
    found = {}
    for name in before:
        if math.isfinite(before[name]) and math.isfinite(after[name]):
            drawn = exchanged[name][np.isfinite(exchanged[name])]
            as_large = np.abs(drawn) >= abs(after[name] - before[name]) - 1e-12
            found[name] = (1 + int(as_large.sum())) / (1 + len(drawn))
    return found


def _prompts_of(of: Table, name: str) -> int:
    """How many prompts a score is of; of the parts and the Total all there are."""
    return int((of.weights[:, of.dimensions.index(name)] > 0).sum()) if name in of.dimensions else len(of.prompts)


def _free_prompts(of: Table, name: str) -> int:
    """How many of them are free where the mean of each group that is drawn within is given."""
    groups = _drawn_within(of.strata)
    if name in of.dimensions:
        groups = groups[of.weights[:, of.dimensions.index(name)] > 0]
    return len(groups) - len(np.unique(groups))


def holm(found: Mapping[Name, PairedDifference]) -> dict[Name, PairedDifference]:
    """Holm's adjustment: the k-th smallest of n probabilities times n - k + 1, never below an earlier one."""
    adjusted = _adjusted({name: one.p for name, one in found.items()})
    return {name: replace(found[name], adjusted=adjusted[name]) for name in found}


def _adjusted(chances: Mapping[Name, float]) -> dict[Name, float]:
    order = sorted(chances, key=lambda name: chances[name])
    adjusted: dict[Name, float] = {}
    highest = 0.0
    for place, name in enumerate(order):
        highest = max(highest, min(1.0, chances[name] * (len(order) - place)))
        adjusted[name] = highest
    return adjusted


def significance_groups(totals: Mapping[str, Interval], significant: Mapping[tuple[str, str], bool]) -> list[list[str]]:
    """A ranking as groups: within a group nobody can be told apart from its best.

    Args:
        totals: score of each model; the higher the better.
        significant: for pairs of models, in any order, whether their difference is beyond noise.
    """
    left = sorted(totals, key=lambda name: -totals[name].score)
    groups = []
    while left:
        best, *others = left
        group = [
            best,
            *(name for name in others if not significant.get((best, name), significant.get((name, best), False))),
        ]
        groups.append(group)
        left = [name for name in left if name not in group]
    return groups


def _scores(sums: Array) -> Array:
    """Sums ``(draws, 2, groups, dimensions)`` -> ``(draws, dimensions)`` means, NaN where nothing counts."""
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums[:, 0] / sums[:, 1]
        if means.shape[1] == 1:
            return np.asarray(means[:, 0])
        known = np.isfinite(means)
        return np.asarray(np.where(known, means, 0.0).sum(1) / known.sum(1))


def _drawn(tables: Sequence[Table], seed: int, draws: int) -> list[dict[str, Array]]:
    """The scores of as many draws of the prompts, the same of all tables, which have the same prompts and groups.

    Prompts are drawn within their group, each group as often as it has prompts. Those that are alone in their group are
    drawn among each other; alone they would seem certain.
    """
    strata = tables[0].strata
    widths = [math.prod(one.summands.shape[1:]) for one in tables]
    columns = np.concatenate([one.summands.reshape(-1, width) for one, width in zip(tables, widths, strict=True)], 1)
    sums = np.zeros((draws, columns.shape[1]))
    rng = np.random.default_rng(seed)
    for members in _together(_drawn_within(strata)):
        for some in _blocks(draws, len(members)):
            chances = np.full(len(members), 1 / len(members))
            counts = rng.multinomial(len(members), chances, size=some.stop - some.start)
            sums[some] += counts.astype(np.float64) @ columns[members]
    parts = zip(tables, np.split(sums, np.cumsum(widths)[:-1], axis=1), strict=True)
    return [_with_parts(one, _scores(part.reshape(draws, *one.summands.shape[1:]))) for one, part in parts]


def _drawn_within(strata: NDArray[np.int64]) -> NDArray[np.int64]:
    """``(prompts,)`` number of the group that each is drawn within; -1 for those that would be alone."""
    return np.where(np.bincount(strata)[strata] > 1, strata, -1)


def _together(groups: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Places of equal numbers, by rising numbers."""
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)


def _blocks(draws: int, prompts: int) -> Iterator[slice]:
    """Draws in pieces that a processor's cache holds, one after the other; no figure depends on where they are cut."""
    step = max(1, AT_ONCE // max(1, prompts))
    return (slice(start, min(start + step, draws)) for start in range(0, draws, step))


def _with_parts(of: Table, scores: Array) -> dict[str, Array]:
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


def _interval(
    of: Table, name: str, score: float, drawn: Array, bounds: tuple[float, float] | None = None
) -> Interval | None:
    """Of a score or a change; ``None`` over a single prompt."""
    prompts = _prompts_of(of, name)
    return interval(score, drawn, _free_prompts(of, name), prompts, bounds) if prompts > 1 else None


def _bounds(benchmark: Benchmark, name: str, score: float) -> tuple[float, float] | None:
    """Between which a score lies; ``None`` for the parts and the Total, and where a package's score lies elsewhere."""
    low, high = benchmark.rules[name].bounds if name in benchmark.rules else (math.inf, -math.inf)
    return (low, high) if low <= score <= high else None


def _aligned(first: Table, second: Table) -> tuple[Table, Table]:
    """Both tables over what they share, prompts drawn within groups that both score alike."""
    one, two = shared_tables(first, second)
    patterns = np.concatenate((one.weights > 0, one.groups), axis=1)
    places = {pattern.tobytes(): number for number, pattern in enumerate(np.unique(patterns, axis=0))}
    strata = np.array([places[pattern.tobytes()] for pattern in patterns], dtype=np.int64)
    return replace(one, strata=strata), replace(two, strata=strata)


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


def _exchanged(one: Table, two: Table, seed: int, draws: int) -> dict[str, Array]:
    """Differences that arise when the two runs are exchanged within random prompts.

    With a sign per prompt, 1 to stay and -1 to be exchanged, a run's sum is that of both runs' means plus the signs
    times half their differences, and the other run's the same with a minus.
    """
    of_one, of_two = one.summands, replace(two, groups=one.groups).summands
    means, halves = ((of_one + of_two) / 2).sum(0), ((of_one - of_two) / 2).reshape(len(one.prompts), -1)
    moved = np.flatnonzero(halves.any(0))
    moves = np.zeros((draws, halves.shape[1]))
    for some, signs in zip(_blocks(draws, len(halves)), _signs(len(halves), seed, draws), strict=True):
        moves[some, moved] = signs @ halves[:, moved]
    moves = moves.reshape(draws, *means.shape)
    before, after = (_with_parts(one, _scores(part)) for part in (means + moves, means - moves))
    return {name: after[name] - before[name] for name in before}


def _signs(prompts: int, seed: int, draws: int) -> Iterable[Array]:
    """``(draws, prompts)`` 1 where a prompt's runs stay, -1 where they are exchanged, in blocks of draws."""
    return (_kept_signs if prompts * draws <= KEPT else _drawn_signs)(prompts, seed, draws)


@lru_cache(maxsize=1)
def _kept_signs(prompts: int, seed: int, draws: int) -> tuple[Array, ...]:
    """The same, for the next pair of as many prompts."""
    blocks = tuple(_drawn_signs(prompts, seed, draws))
    for block in blocks:
        block.flags.writeable = False
    return blocks


def _drawn_signs(prompts: int, seed: int, draws: int) -> Iterator[Array]:
    rng = np.random.default_rng([seed, 1])
    for some in _blocks(draws, prompts):
        yield (1 - 2 * rng.integers(0, 2, (some.stop - some.start, prompts))).astype(np.float64)


def _effect(one: Table, two: Table, name: str) -> float | None:
    """Cohen's d of the differences per prompt."""
    if name not in one.dimensions:
        return None
    changes = _changes(one, two, name)
    spread = float(changes.std(ddof=1)) if len(changes) > 1 else 0.0
    return float(changes.mean()) / spread if spread else 0.0


def _changes(one: Table, two: Table, name: str) -> Array:
    """Difference of a dimension per prompt that tests it."""
    place = one.dimensions.index(name)
    tested = one.weights[:, place] > 0
    first, second = (part.values[tested, place] / part.weights[tested, place] for part in (one, two))
    changes: Array = second - first
    return changes


def _prompts_to_settle(change: Interval | None, prompts: int, free: int) -> int | None:
    """From the interval's width: its standard error shrinks with the root of the number of prompts."""
    if change is None or not change.score or prompts < FEWEST:
        return None
    error = (change.high - change.low) / (2 * errors(free))
    return max(FEWEST, math.ceil(prompts * ((NORMAL + NormalDist().inv_cdf(POWER)) * error / change.score) ** 2))


@dataclass(frozen=True)
class Figure:
    """One score as it is shown; raw, in the dimension's unit.

    Attributes:
        value: the score.
        low: lower end of its 95 % interval; ``None`` where the scores per video are not known.
        high: upper end.
        videos: how many videos it is of; 0 where that is not known.
    """

    value: float
    low: float | None = None
    high: float | None = None
    videos: int = 0
