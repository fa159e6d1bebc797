"""Is a checkpoint better? Runs against a first one, dimension by dimension, with what noise alone would do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from vbench.analysis.prompt_table import Table, table
from vbench.analysis.run_diff import (
    FILTER,
    PICTURES,
    Moved,
    ReadRun,
    differences_of,
    most_moved,
    prompt_values,
    read_run,
)  # fmt: skip
from vbench.analysis.statistics import (
    DRAWS,
    PairedDifference,
    Verdicts,
    compare_tables,
    intervals_of,
    significance_groups,
)  # fmt: skip
from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.registry import benchmark_named
from vbench.benchmarks.score_card import TOTAL, ScoreCard
from vbench.benchmarks.t2v import T2V
from vbench.errors import UsageError
from vbench.notebook import Shown
from vbench.progress import Progress
from vbench.runs.names import run_names
from vbench.runs.record import RunRecord, read_record
from vbench.runs.results import card_of, read_rows
from vbench.runs.store import Row

MUST_AGREE = (
    "benchmark", "suite", "profile", "checkpoints", "options", "dimension_versions", "decoding_versions",
    "filter_versions", "cutting",
)  # fmt: skip
"""What two runs must have in common for their scores to be of one kind."""

READERS_KNOW = {
    "manifest": "record of the sampling",
    "extension": "text that was generated from",
    "extender": "who extended the prompts",
    "samples": "samples",
    "formats": "formats",
    PICTURES: "the pictures that the videos start from",
    FILTER: "what the static filter did",
    "machine: dtype": "precision",
}
"""In which two runs may differ and be compared all the same, with its name for people."""

BETTER, WORSE, SAME = "better", "worse", "no difference beyond noise"
TOO_FEW = "too few prompts for a verdict"

DRAWS_EACH = 40
"""Draws for each of the comparisons that are taken together: the smallest probability that is found is one in the
number of draws, and must stay far below 5 % after it was multiplied by the number of comparisons."""


@dataclass(frozen=True)
class Comparison(Shown):
    """One run against the first.

    Attributes:
        name: of the run: its folder's, with as much of the path as tells it apart from the others.
        differences: by dimension, and by part and ``total`` where all their dimensions are there and whole.
        by_category: the same within each content category.
        moved: the prompts whose scores changed most.
        objections: why the two should not be compared; empty unless it was forced.
        benchmark: whose rules made the parts and the Total.
        gaps: dimension, part or ``total`` -> what of it is not there in one run or the other, such as
            ``"12 of 15 scores in base"``; empty where both are whole.
        remarks: in what else the two are other scores (text, samples, frames, rate, size, pictures, static filter,
            precision), or may be (decoding), a sentence each.
        yardstick: name of the run that it is held against.
    """

    name: str
    differences: Mapping[str, PairedDifference]
    by_category: Mapping[str, Mapping[str, PairedDifference]]
    moved: Sequence[Moved]
    objections: Sequence[str] = ()
    benchmark: Benchmark = T2V
    gaps: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    yardstick: str = ""

    @property
    def told_gaps(self) -> list[str]:
        """What is not there of one run or the other, in a sentence for each dimension."""
        parts = {TOTAL, *(part.name for part in self.benchmark.parts)}
        return [f"{name} is not whole: {lack}" for name, lack in self.gaps.items() if name not in parts]


def verdict(difference: PairedDifference) -> str:
    """In words: better, worse, not told apart from noise, or too few prompts to tell."""
    if not difference.has_verdict:
        return TOO_FEW
    if not difference.is_significant():
        return SAME
    return BETTER if difference.change > 0 else WORSE


def compare_runs(
    runs: Sequence[Path],
    force: bool = False,
    seed: int = 0,
    prompts: int = 5,
    benchmark: Benchmark | None = None,
    progress: Progress | None = None,
) -> list[Comparison]:
    """Each run against the first.

    Args:
        runs: folders, the yardstick first.
        force: compare what should not be compared, and parts and Totals of runs that are not whole, and mark it.
        seed: of the draws.
        prompts: how many moved prompts to name.
        benchmark: whose rules hold; by default the one that the first run says.
        progress: told of each comparison, over all prompts and within each category.

    Raises:
        UsageError: fewer than two runs, a folder holds none, or two runs are of different kinds.
    """
    if len(runs) < 2:
        raise UsageError("A comparison needs two runs: vbench compare RUN RUN")
    rules = benchmark or benchmark_of(runs[0])
    must_agree = MUST_AGREE[1:] if benchmark else MUST_AGREE
    objected = {run: list(objections(runs[0], run, must_agree)) for run in runs[1:]}
    for run, found in objected.items():
        if found and not force:
            raise UsageError(
                f"{runs[0]} and {run} cannot be compared: {'; '.join(found)}. "
                "See vbench diff for what differs; --force compares them all the same."
            )
    read = {run: read_run(run) for run in runs}
    rows = {run: found.rows for run, found in read.items()}
    draws = max(DRAWS, DRAWS_EACH * sum(_comparisons(rows[runs[0]], rows[run], rules) for run in runs[1:]))

    names = dict(zip(runs, run_names(runs), strict=True))
    cards = {run: card_of(read[run].record, rows[run], rules) for run in runs}
    gaps = {run: _gaps({names[one]: cards[one] for one in (runs[0], run)}, rules) for run in runs[1:]}

    by_category = {run: _by_category(found) for run, found in rows.items()}
    of_prompts = {run: prompt_values(found, rules) for run, found in rows.items()}
    categories = {run: _shared_categories(rows[runs[0]], rows[run]) for run in runs[1:]}
    told = progress or Progress()

    @cache
    def sums(run: Path, category: str | None) -> Table:
        return table(rows[run] if category is None else by_category[run][category], rules)

    def differences(run: Path, category: str | None = None) -> dict[str, PairedDifference]:
        found = compare_tables(sums(runs[0], category), sums(run, category), seed, draws)
        told.unit(names[run])
        parts = {TOTAL, *(part.name for part in rules.parts)}
        return {name: one for name, one in found.items() if force or name not in parts & gaps[run].keys()}

    told.start(sum(1 + len(categories[run]) for run in runs[1:]), 0, "comparisons")
    try:
        of_all = {run: differences(run) for run in runs[1:]}  # all runs over the same prompts, as they share the draws
        in_category = {
            name: {run: differences(run, name) for run in runs[1:] if name in categories[run]}
            for name in sorted({name for found in categories.values() for name in found})
        }
    finally:
        told.finish()
    return [
        Comparison(
            names[run],
            of_all[run],
            {name: in_category[name][run] for name in categories[run]},
            most_moved(of_prompts[runs[0]], of_prompts[run], prompts),
            objected[run],
            rules,
            gaps[run],
            list(remarks((names[runs[0]], read[runs[0]]), (names[run], read[run]))),
            names[runs[0]],
        )
        for run in runs[1:]
    ]


def _by_category(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.category].append(row)
    return found


def _gaps(cards: Mapping[str, ScoreCard], benchmark: Benchmark) -> dict[str, str]:
    """What is not whole of two runs: dimensions by what they lack, parts and the Total by these dimensions."""
    found: dict[str, str] = {}
    for name_of_run, card in cards.items():
        for name in card.incomplete:
            result = card.dimensions[name]
            lack = f"{result.videos} of {result.planned} scores in {name_of_run}"
            found[name] = f"{found[name]}, {lack}" if name in found else lack
    of_parts = {part.name: [name for name in benchmark.of_part(part.name) if name in found] for part in benchmark.parts}
    of_parts[TOTAL] = [name for name in benchmark.rules if name in found]
    return found | {name: f"{', '.join(lacking)} not whole" for name, lacking in of_parts.items() if lacking}


def refuse_unshared(runs: Sequence[Path], compared: Sequence[Comparison]) -> None:
    """Let nothing be said of runs that have nothing in common.

    Args:
        runs: folders, the yardstick first.
        compared: each of the others against it.

    Raises:
        UsageError: there is no prompt of which one dimension has a score in both.
    """
    for run, comparison in zip(runs[1:], compared, strict=True):
        if not comparison.differences:
            raise UsageError(
                f"{runs[0]} and {run} cannot be compared: there is no prompt of which a dimension has a score in both. "
                f"{_told(runs[0])}; {_told(run)}."
            )


def _told(run: Path) -> str:
    scored = [row for row in read_rows(run) if row.value is not None]
    prompts, dimensions = dict.fromkeys(row.prompt for row in scored), dict.fromkeys(row.dimension for row in scored)
    such = f", such as {next(iter(prompts))!r}" if prompts else ""
    return f"{run} has scores of {len(prompts)} prompts{such}, by {', '.join(dimensions) or 'no dimension'}"


def _shared_categories(first: Sequence[Row], second: Sequence[Row]) -> list[str]:
    return sorted({row.category for row in first} & {row.category for row in second} - {""})


def _comparisons(first: Sequence[Row], second: Sequence[Row], benchmark: Benchmark) -> int:
    """How many differences are made of two runs, at most."""
    dimensions = {row.dimension for row in first} & {row.dimension for row in second}
    names = len(dimensions) + len(benchmark.parts) + benchmark.has_total
    return names * (1 + len(_shared_categories(first, second)))


def benchmark_of(run: Path) -> Benchmark:
    """The benchmark of a run.

    Raises:
        UsageError: the folder holds no run, or one of a benchmark that is not here.
    """
    return benchmark_named(read_record(run).benchmark)


def objections(first: Path, second: Path, must_agree: Sequence[str] = MUST_AGREE) -> Iterator[str]:
    """Why two runs should not be compared."""
    one, two = (_with_all_options(read_record(run)) for run in (first, second))
    for name in must_agree:
        before, after = getattr(one, name), getattr(two, name)
        if isinstance(before, dict) and name != "suite":  # only what both have: dimensions may differ
            shared = before.keys() & after.keys()
            before, after = ({key: part[key] for key in sorted(shared)} for part in (before, after))
        if before != after:
            yield f"another {name.replace('_', ' ').removesuffix('s')}" if name != "options" else "other options"


def _with_all_options(record: RunRecord) -> RunRecord:
    """A record that says of each dimension which options it has: none where all are the defaults."""
    return replace(record, options={**{name: {} for name in record.dimensions}, **record.options})


def remarks(first: tuple[str, ReadRun], second: tuple[str, ReadRun]) -> Iterator[str]:
    """What a reader must know of two runs that may be compared, as their cards differ in it; each with its name."""
    for one in differences_of(first[1], second[1]):
        if one.what in READERS_KNOW:
            yield f"{first[0]} and {second[0]} differ in {READERS_KNOW[one.what]}: {one.first} against {one.second}"
    records = {name: run.record for name, run in (first, second)}
    shared = set.intersection(*({*record.dimension_versions} for record in records.values()))
    for name, record in records.items():
        if shared - record.decoding_versions.keys():
            yield f"{name} does not record how its videos were read; it does once its evaluation is continued"


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
    tables = {name: table(read_rows(run), benchmark) for name, run in zip(run_names(runs), runs, strict=True)}
    scores = {name: intervals_of(found, seed) for name, found in tables.items()}
    without = [name for name, found in scores.items() if by not in found]
    if without:
        raise UsageError(f"{', '.join(without)}: no {by} to rank by.")

    place = {name: number for number, name in enumerate(tables)}

    def settled(first: str, second: str) -> bool:
        one, two = sorted((first, second), key=lambda name: place[name])
        return compare_tables(tables[one], tables[two], seed)[by].is_significant()

    return significance_groups({name: found[by] for name, found in scores.items()}, Verdicts(tables, settled))
