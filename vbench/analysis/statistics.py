"""What a score is worth: intervals, differences between runs, and whether models can be told apart.

The unit that is drawn is the prompt (:mod:`vbench.analysis.prompt_table`). Prompts are drawn within groups that test
the same dimensions, as the protocol shares prompts between dimensions. All draws are seeded.

Sources: those of :mod:`vbench.analysis.interval`; Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses",
2005, chapter 3 (exchange within pairs); Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import permutations
from statistics import NormalDist
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from vbench.analysis.interval import CONFIDENCE, Interval, are_alike, interval, spread
from vbench.analysis.prompt_table import Array, Table, at_once, influences, scores_of, shared_tables, table, with_parts
from vbench.benchmarks.base import Benchmark, DimensionSpec
from vbench.benchmarks.t2v import T2V
from vbench.runs.store import Row

DRAWS = 4000
POWER = 0.8


def fewest(together: int) -> int:
    """Prompts from which on a difference can be beyond noise where so many are compared together.

    Two runs are exchanged within n prompts in 2**n ways, so that no probability is below 2 / 2**n, and Holm multiplies
    the smallest one by the number of comparisons.

    >>> fewest(1), fewest(6), fewest(19)
    (6, 8, 10)
    """
    return math.ceil(math.log2(2 * together / (1 - CONFIDENCE)))


FEWEST = fewest(1)
"""Prompts from which on a single difference can be beyond noise: with five no probability is below 0.06."""

AT_ONCE = 1 << 17
"""Numbers that are drawn together, 1 MiB: all draws of many prompts would take gigabytes and more time."""

KEPT = 1 << 23
"""Signs that are kept for the next pair of runs, at most, 64 MiB: a board compares many runs over the same prompts."""

KEPT_TIMES = 1 << 27
"""Bytes of draws that are kept for the next pair of runs, at most: as many as twenty runs of a whole suite need."""

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
        adjusted: the same after Holm's adjustment over everything that was compared together; 1 for what has too few
            prompts to be told from noise.
        effect: mean difference per prompt in standard deviations of it (Cohen's d for pairs); 0 where none varies, and
            ``None`` for the parts and the Total, to which a prompt gives only a part.
        prompts: number of shared prompts.
        prompts_to_settle: prompts at which a true difference of this size would be found with 80 % power among as many
            comparisons; ``None`` where there is no difference to find, and where nobody can say: too few prompts were
            compared, or as many as that and it was not found.
        fewest: prompts from which on a difference could be beyond noise, among as many comparisons.
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
    fewest: int = FEWEST

    @property
    def change(self) -> float:
        """Second minus first."""
        return self.second - self.first

    @property
    def has_verdict(self) -> bool:
        """Whether there are prompts enough to tell a difference from noise, were it ever so large."""
        return self.prompts >= self.fewest

    def is_significant(self, level: float = 1 - CONFIDENCE) -> bool:
        """Whether the difference is beyond noise, all comparisons taken together."""
        return self.has_verdict and self.adjusted <= level


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
    return intervals_of(table(rows, benchmark), seed, draws)


def intervals_of(sums: Table, seed: int = 0, draws: int = DRAWS) -> dict[str, Interval]:
    """The same from the table of a run."""
    if not sums.prompts:
        return {}
    point, (drawn,) = at_once(sums), _drawn([sums], seed, draws)
    groups = drawn_within(sums.strata)
    found = {
        name: _interval(sums, name, point[name], drawn[name], spread(given, groups).free)
        for name, given in influences(sums).items()
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
    before, after = at_once(one), at_once(two)
    gives, groups = (influences(one), influences(two)), drawn_within(one.strata)
    chances = {
        name: p
        for name, p in _chances(one, two, before, after, seed, draws).items()
        if np.isfinite(drawn[1][name] - drawn[0][name]).any()
    }
    together = _able(_prompts_of(one, name) for name in chances)
    found = {}
    for name, p in chances.items():
        change, changes = after[name] - before[name], drawn[1][name] - drawn[0][name]
        moves, prompts = spread(gives[1][name] - gives[0][name], groups), _prompts_of(one, name)
        known = _interval(one, name, change, changes, moves.free, of_change=True)
        low, high = (known.low, known.high) if known else (None, None)
        found[name] = PairedDifference(
            before[name], after[name], low, high, p, p, _effect(one, two, name), prompts,
            _prompts_to_settle(change, moves.error, prompts, together),
        )  # fmt: skip
    return {name: _unsettled(one) for name, one in holm(found).items()}


def _unsettled(difference: PairedDifference) -> PairedDifference:
    """What was not found with the prompts that should settle it, is not settled by them."""
    settled = (difference.prompts_to_settle or math.inf) <= difference.prompts
    return replace(difference, prompts_to_settle=None) if settled and not difference.is_significant() else difference


def beyond_noise(first: Table, second: Table, seed: int = 0, draws: int = DRAWS) -> dict[str, bool]:
    """The verdicts of :func:`compare_tables` alone, without intervals, in a tenth of its time."""
    one, two = shared_tables(first, second)
    if not one.prompts or not one.dimensions:
        return {}
    chances = _chances(one, two, at_once(one), at_once(two), seed, draws)
    adjusted = _adjusted(chances, {name: _prompts_of(one, name) for name in chances})
    return {name: chance <= 1 - CONFIDENCE for name, chance in adjusted.items()}


def _chances(
    one: Table, two: Table, before: Mapping[str, float], after: Mapping[str, float], seed: int, draws: int
) -> dict[str, float]:
    """Score -> probability of a change at least as large if the runs were the same, not adjusted."""
    exchanged, itself = _exchanged(one, two, seed, draws), int(not _all_are_tried(len(one.prompts), draws))
    found = {}
    for name in before:
        if math.isfinite(before[name]) and math.isfinite(after[name]):
            drawn = exchanged[name][np.isfinite(exchanged[name])]
            as_large = np.abs(drawn) >= abs(after[name] - before[name]) - 1e-12
            found[name] = (itself + int(as_large.sum())) / (itself + len(drawn))
    return found


def _prompts_of(of: Table, name: str) -> int:
    """How many prompts a score is of; of the parts and the Total all there are."""
    return int((of.weights[:, of.dimensions.index(name)] > 0).sum()) if name in of.dimensions else len(of.prompts)


def holm(found: Mapping[Name, PairedDifference]) -> dict[Name, PairedDifference]:
    """Holm's adjustment: the k-th smallest of n probabilities times n - k + 1, never below an earlier one.

    What has too few prompts to be beyond noise among so many is not one of the n.
    """
    prompts = {name: one.prompts for name, one in found.items()}
    adjusted = _adjusted({name: one.p for name, one in found.items()}, prompts)
    least = fewest(_able(prompts.values()))
    return {name: replace(one, adjusted=adjusted[name], fewest=least) for name, one in found.items()}


def _able(prompts: Iterable[int]) -> int:
    """How many comparisons could be beyond noise if they were alone; 1 where none could."""
    return max(1, sum(count >= FEWEST for count in prompts))


def _adjusted(chances: Mapping[Name, float], prompts: Mapping[Name, int]) -> dict[Name, float]:
    least = fewest(_able(prompts.values()))
    order = sorted((name for name in chances if prompts[name] >= least), key=lambda name: chances[name])
    adjusted = dict.fromkeys(chances, 1.0)
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
    groups: list[list[str]] = []
    for name in sorted(totals, key=lambda name: -totals[name].score):
        joined = next((group for group in groups if not _apart(group[0], name, significant)), None)
        if joined is None:
            groups.append([name])
        else:
            joined.append(name)
    return groups


class Verdicts(Mapping[tuple[str, str], bool]):
    """Verdicts on pairs of models, each found when it is asked for: of many models few pairs are.

    Args:
        names: of the models.
        settled: whether the difference of two of them is beyond noise.
    """

    def __init__(self, names: Iterable[str], settled: Callable[[str, str], bool]) -> None:
        self.names, self.settled = tuple(names), settled

    def __getitem__(self, pair: tuple[str, str]) -> bool:
        return self.settled(*pair)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return permutations(self.names, 2)

    def __len__(self) -> int:
        return len(self.names) * (len(self.names) - 1)


def _apart(best: str, name: str, significant: Mapping[tuple[str, str], bool]) -> bool:
    """Whether a pair's difference is beyond noise; a verdict may be costly to find, so none is asked for twice."""
    verdict = significant.get((best, name))
    return bool(significant.get((name, best)) if verdict is None else verdict)


def _drawn(tables: Sequence[Table], seed: int, draws: int) -> list[dict[str, Array]]:
    """The scores of as many draws of the prompts, the same of all tables, which have the same prompts and groups.

    Prompts are drawn within their group, from each group all but one (:mod:`vbench.analysis.interval`).
    """
    strata = tables[0].strata
    widths = [math.prod(one.summands.shape[1:]) for one in tables]
    columns = np.concatenate([one.summands.reshape(-1, width) for one, width in zip(tables, widths, strict=True)], 1)
    sums = np.zeros((draws, columns.shape[1]))
    groups = _together(drawn_within(strata))
    for group, some, times in _times_drawn(tuple(map(len, groups)), seed, draws):
        sums[some] += _as_counts(times) @ columns[groups[group]]
    parts = zip(tables, np.split(sums, np.cumsum(widths)[:-1], axis=1), strict=True)
    return [with_parts(one, scores_of(part.reshape(draws, *one.summands.shape[1:]))) for one, part in parts]


Times = NDArray[np.unsignedinteger[Any]]
"""``(draws, prompts)`` how often each prompt of a group is drawn, in draws of all but one."""


def _times_drawn(sizes: tuple[int, ...], seed: int, draws: int) -> Iterable[tuple[int, slice, Times]]:
    """Draws of groups of so many prompts, in blocks: number of the group, which of the draws, how often each prompt."""
    size = draws * sum(prompts * np.min_scalar_type(prompts).itemsize for prompts in sizes)
    return (_kept_times if size <= KEPT_TIMES else _draw_times)(sizes, seed, draws)


@lru_cache(maxsize=1)
def _kept_times(sizes: tuple[int, ...], seed: int, draws: int) -> tuple[tuple[int, slice, Times], ...]:
    """The same, for the next pair of runs over as many prompts."""
    return tuple(_draw_times(sizes, seed, draws))


def _draw_times(sizes: tuple[int, ...], seed: int, draws: int) -> Iterator[tuple[int, slice, Times]]:
    rng = np.random.default_rng(seed)
    for group, prompts in enumerate(sizes):
        for some in blocks(draws, prompts):
            yield group, some, _times(prompts, some.stop - some.start, rng)


def _times(prompts: int, draws: int, rng: np.random.Generator) -> Times:
    small = np.min_scalar_type(prompts)
    if prompts < 2:
        return np.ones((draws, prompts), small)
    return rng.multinomial(prompts - 1, np.full(prompts, 1 / prompts), size=draws).astype(small)


def _as_counts(times: Times) -> Array:
    """The sum made that of all prompts."""
    prompts = times.shape[1]
    return times.astype(np.float64) * (prompts / (prompts - 1) if prompts > 1 else 1.0)


def counts_of_draws(prompts: int, draws: int, rng: np.random.Generator) -> Array:
    """``(draws, prompts)`` float64: how often each counts in draws of all prompts but one, the sum made ``prompts``."""
    return _as_counts(_times(prompts, draws, rng))


def drawn_within(strata: NDArray[np.int64]) -> NDArray[np.int64]:
    """``(prompts,)`` number of the group that each prompt is drawn within.

    It is -1 for those that are alone in theirs: they are drawn among each other, as alone they would seem certain.
    """
    return np.where(np.bincount(strata)[strata] > 1, strata, -1)


def _together(groups: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Places of equal numbers, by rising numbers."""
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)


def blocks(draws: int, width: int) -> Iterator[slice]:
    """Draws in pieces that a processor's cache holds, one after the other; no figure depends on where they are cut.

    Args:
        draws: how many.
        width: numbers of each.
    """
    step = max(1, AT_ONCE // max(1, width))
    return (slice(start, min(start + step, draws)) for start in range(0, draws, step))


def _interval(
    of: Table, name: str, score: float, drawn: Array, free: float, of_change: bool = False
) -> Interval | None:
    """``None`` over a single prompt, and where a measure that is never alike by chance is the same for all prompts."""
    prompts, rule = _prompts_of(of, name), of.benchmark.by_name.get(name)
    if prompts < 2 or (rule and rule.is_continuous and are_alike(np.nanmin(drawn), np.nanmax(drawn))):
        return None
    return interval(score, drawn, free, prompts, _bounds(rule, score, of_change) if rule else None)


def _bounds(rule: DimensionSpec, score: float, of_change: bool) -> tuple[float, float] | None:
    """Between which a score or a change lies; ``None`` where it has no bounds, or a package's lies beyond its own."""
    if rule.bounds is None:
        return None
    low, high = rule.bounds
    low, high = (low - high, high - low) if of_change else (low, high)
    return (low, high) if low <= score <= high else None


def _aligned(first: Table, second: Table) -> tuple[Table, Table]:
    """Both tables over what they share, prompts drawn within groups that both score alike."""
    one, two = shared_tables(first, second)
    patterns = np.concatenate((one.weights > 0, one.groups), axis=1)
    places = {pattern.tobytes(): number for number, pattern in enumerate(np.unique(patterns, axis=0))}
    strata = np.array([places[pattern.tobytes()] for pattern in patterns], dtype=np.int64)
    return replace(one, strata=strata), replace(two, strata=strata)


def _exchanged(one: Table, two: Table, seed: int, draws: int) -> dict[str, Array]:
    """Differences that arise when the two runs are exchanged within random prompts.

    With a sign per prompt, 1 to stay and -1 to be exchanged, a run's sum is that of both runs' means plus the signs
    times half their differences, and the other run's the same with a minus.
    """
    of_one, of_two = one.summands, replace(two, groups=one.groups).summands
    means, halves = ((of_one + of_two) / 2).sum(0), ((of_one - of_two) / 2).reshape(len(one.prompts), -1)
    moved = np.flatnonzero(halves.any(0))
    by_signs = np.concatenate([signs @ halves[:, moved] for signs in _signs(len(halves), seed, draws)])
    moves = np.zeros((len(by_signs), halves.shape[1]))
    moves[:, moved] = by_signs
    moves = moves.reshape(len(moves), *means.shape)
    before, after = (with_parts(one, scores_of(part)) for part in (means + moves, means - moves))
    return {name: after[name] - before[name] for name in before}


def _signs(prompts: int, seed: int, draws: int) -> Iterable[Array]:
    """``(draws, prompts)`` 1 where a prompt's runs stay, -1 where they are exchanged, in blocks of draws.

    Of few prompts they are all ways to exchange them, each once.
    """
    if _all_are_tried(prompts, draws):
        bits = np.arange(1 << prompts)[:, None] >> np.arange(prompts) & 1
        return (np.asarray(1 - 2 * bits, dtype=np.float64),)
    return (_kept_signs if prompts * draws <= KEPT else _drawn_signs)(prompts, seed, draws)


def _all_are_tried(prompts: int, draws: int) -> bool:
    """Whether there are no more ways to exchange two runs within prompts than draws."""
    return 1 << prompts <= draws


@lru_cache(maxsize=1)
def _kept_signs(prompts: int, seed: int, draws: int) -> tuple[Array, ...]:
    """The same, for the next pair of as many prompts."""
    blocks = tuple(_drawn_signs(prompts, seed, draws))
    for block in blocks:
        block.flags.writeable = False
    return blocks


def _drawn_signs(prompts: int, seed: int, draws: int) -> Iterator[Array]:
    rng = np.random.default_rng([seed, 1])
    for some in blocks(draws, prompts):
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


def _prompts_to_settle(change: float, error: float, prompts: int, together: int) -> int | None:
    """From the standard error of a change, which shrinks with the root of the number of prompts.

    Holm asks for no smaller probability than the level divided by the number of comparisons.
    """
    if not change or not error or prompts < fewest(together):
        return None
    errors = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / (2 * together)) + NormalDist().inv_cdf(POWER)
    return max(fewest(together), math.ceil(prompts * (errors * error / change) ** 2))


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
