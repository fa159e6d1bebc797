"""Is a checkpoint better? Runs against a first one, dimension by dimension, with what noise alone would do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vbench.analysis.run_diff import Moved, moved
from vbench.analysis.statistics import PairedDifference, compare, intervals, significance_groups
from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.registry import benchmark_named, specs_of
from vbench.benchmarks.score_card import TOTAL
from vbench.benchmarks.t2v import T2V
from vbench.errors import UsageError
from vbench.runs.record import read_record
from vbench.runs.results import read_rows
from vbench.runs.store import Row

MUST_AGREE = ("benchmark", "suite", "profile", "checkpoints", "options", "dimension_versions")
"""What two runs must have in common for their scores to be of one kind."""

BETTER, WORSE, SAME = "better", "worse", "no difference beyond noise"

_CONDITION = re.compile(r"\s*(\w+)\s*(>=|>)\s*(-?\d+(?:\.\d+)?)\s*")


@dataclass(frozen=True)
class Comparison:
    """One run against the first.

    Attributes:
        name: of the run.
        differences: by dimension, and by part and ``total`` where all their dimensions are there.
        by_category: the same within each content category.
        moved: the prompts whose scores changed most.
        objections: why the two should not be compared; empty unless it was forced.
    """

    name: str
    differences: Mapping[str, PairedDifference]
    by_category: Mapping[str, Mapping[str, PairedDifference]]
    moved: Sequence[Moved]
    objections: Sequence[str] = ()


@dataclass(frozen=True)
class Condition:
    """A bound on a change: ``name > limit``, in points (hundredths of a score)."""

    name: str
    limit: float
    inclusive: bool

    def failure(self, differences: Mapping[str, PairedDifference]) -> str:
        """Why the condition does not hold, ``""`` if it does."""
        sign = ">=" if self.inclusive else ">"
        if self.name not in differences:
            return f"{self.name} {sign} {self.limit:g} asked, but {self.name} was not compared"
        change = 100 * differences[self.name].change
        holds = change >= self.limit if self.inclusive else change > self.limit
        return "" if holds else f"{self.name} changed by {change:+.2f} points, {sign} {self.limit:g} asked"


def verdict(difference: PairedDifference) -> str:
    """In words: better, worse, or not told apart from noise."""
    if not difference.is_significant():
        return SAME
    return BETTER if difference.change > 0 else WORSE


def compare_runs(
    runs: Sequence[Path], force: bool = False, seed: int = 0, prompts: int = 5, benchmark: Benchmark | None = None
) -> list[Comparison]:
    """Each run against the first.

    Args:
        runs: folders, the yardstick first.
        force: compare what should not be compared, and mark it.
        seed: of the draws.
        prompts: how many moved prompts to name.
        benchmark: whose rules hold; by default the one that the first run says.

    Raises:
        UsageError: fewer than two runs, a folder holds none, or two runs are of different kinds.
    """
    if len(runs) < 2:
        raise UsageError("A comparison needs two runs: vbench compare RUN RUN")
    rules = benchmark or benchmark_of(runs[0])
    first = read_rows(runs[0])
    compared = []
    for run in runs[1:]:
        found = list(objections(runs[0], run, MUST_AGREE[1:] if benchmark else MUST_AGREE))
        if found and not force:
            raise UsageError(
                f"{runs[0]} and {run} cannot be compared: {'; '.join(found)}. "
                "See vbench diff for what differs; --force compares them all the same."
            )
        rows = read_rows(run)
        categories = sorted({row.category for row in first} & {row.category for row in rows} - {""})
        by_category = {name: compare(_of(first, name), _of(rows, name), seed, benchmark=rules) for name in categories}
        moves = moved(runs[0], run, prompts)
        differences = compare(first, rows, seed, benchmark=rules)
        compared.append(Comparison(run.name, differences, by_category, moves, found))
    return compared


def benchmark_of(run: Path) -> Benchmark:
    """The benchmark of a run.

    Raises:
        UsageError: the folder holds no run, or one of a benchmark that is not here.
    """
    return benchmark_named(read_record(run).benchmark)


def objections(first: Path, second: Path, must_agree: Sequence[str] = MUST_AGREE) -> Iterator[str]:
    """Why two runs should not be compared."""
    one, two = read_record(first).plain(), read_record(second).plain()
    for name in must_agree:
        before, after = one[name], two[name]
        if isinstance(before, dict) and name != "suite":  # only what both have: dimensions may differ
            shared = before.keys() & after.keys()
            before, after = ({key: part[key] for key in sorted(shared)} for part in (before, after))
        if before != after:
            yield f"another {name.replace('_', ' ').removesuffix('s')}" if name != "options" else "other options"


def ranking(runs: Sequence[Path], by: str = TOTAL, seed: int = 0) -> list[list[str]]:
    """Runs in groups that cannot be told apart by one score, best group first.

    Args:
        runs: folders of runs.
        by: a dimension, a part or ``total``.
        seed: of the draws.

    Raises:
        UsageError: a run has no such score.
    """
    benchmark = benchmark_of(runs[0])
    rows = {run.name: read_rows(run) for run in runs}
    scores = {name: intervals(part, seed, benchmark=benchmark) for name, part in rows.items()}
    without = [name for name, found in scores.items() if by not in found]
    if without:
        raise UsageError(f"{', '.join(without)}: no {by} to rank by.")
    significant = {
        (one, two): compare(rows[one], rows[two], seed, benchmark=benchmark)[by].is_significant()
        for place, one in enumerate(rows)
        for two in list(rows)[place + 1 :]
    }
    return significance_groups({name: found[by] for name, found in scores.items()}, significant)


def conditions(gate: str, benchmark: Benchmark = T2V) -> list[Condition]:
    """Parse ``total>-0.5,imaging_quality>=-1``.

    Args:
        gate: conditions between commas.
        benchmark: whose dimensions and parts may be named.

    Raises:
        UsageError: something else stands there.
    """
    known = [*specs_of(benchmark), *(part.name for part in benchmark.parts), *[TOTAL] * benchmark.has_total]
    parsed = []
    for part in gate.split(","):
        matched = _CONDITION.fullmatch(part)
        if not matched or matched[1] not in known:
            raise UsageError(
                f'{part!r} is no condition: expected "total>-0.5" or "imaging_quality>=-1", in points. '
                f"Names: {', '.join(known)}."
            )
        parsed.append(Condition(matched[1], float(matched[3]), matched[2] == ">="))
    return parsed


def failures(gate: Sequence[Condition], compared: Sequence[Comparison]) -> list[str]:
    """Every condition that a run does not meet, in a line each."""
    return [
        f"{comparison.name}: {why}"
        for comparison in compared
        for condition in gate
        if (why := condition.failure(comparison.differences))
    ]


def _of(rows: Sequence[Row], category: str) -> list[Row]:
    return [row for row in rows if row.category == category]
