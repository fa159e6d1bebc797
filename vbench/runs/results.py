"""The score card of a run, as a pure function of its stored rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from vbench.benchmarks.base import Benchmark, Unit
from vbench.benchmarks.known_suites import expected
from vbench.benchmarks.registry import BENCHMARKS, benchmark_named, implementation, specs_of
from vbench.benchmarks.score_card import DimensionResult, ScoreCard, in_protocol_order
from vbench.benchmarks.t2v import T2V
from vbench.dimensions.base import VERDICT, Dimension, PromptScore, VideoScore
from vbench.media.spans import video_of
from vbench.runs.fuse import fused
from vbench.runs.plan import STANDARD
from vbench.runs.record import STORE, RunRecord, read_record
from vbench.runs.store import SCORED, Row, RunStore


def score_card(
    rows: Iterable[Row],
    not_evaluated: Mapping[str, str] | None = None,
    benchmark: Benchmark = T2V,
    planned: Mapping[str, int] | None = None,
) -> ScoreCard:
    """Aggregate rows; neither their order nor who computed them matters.

    Args:
        rows: of one run.
        not_evaluated: dimension -> reason, of those that have no score at all.
        benchmark: whose rules hold.
        planned: dimension -> scores that a whole run has, as far as it is known.
    """
    by_dimension: dict[str, list[Row]] = defaultdict(list)
    by_category: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        by_dimension[row.dimension].append(row)
        if row.category:
            by_category[row.category][row.dimension].append(row)
    expected = planned or {}
    names = in_protocol_order({*by_dimension, *(expected.keys() - (not_evaluated or {}).keys())}, benchmark)
    return ScoreCard(
        dimensions={name: _result(by_dimension[name], benchmark, expected.get(name)) for name in names},
        by_category={category: _scores(by_category[category], benchmark) for category in sorted(by_category)},
        not_evaluated=dict(not_evaluated or {}),
        benchmark=benchmark,
    )


def prompt_scores(
    rows: Iterable[Row], benchmark: Benchmark = T2V, by_video: bool = False
) -> dict[tuple[str, str], PromptScore]:
    """What each dimension says of each prompt, by prompt and dimension; rows without a score leave no trace.

    Args:
        rows: of one run.
        benchmark: whose rules hold. Where it judges clips, each clip counts 1; only of those that the static filter
            chose, each video counts 1, as in the reference.
        by_video: whether each video counts 1 in all dimensions.
    """
    samples: dict[tuple[str, str], list[VideoScore]] = defaultdict(list)
    of_video: dict[tuple[str, str, str], list[VideoScore]] = defaultdict(list)
    for row in rows:
        if row.value is not None and row.weight is not None:
            score = VideoScore(row.value, row.weight, row.per_frame, row.details)
            if benchmark.unit is Unit.CLIP and (by_video or VERDICT in row.details):
                of_video[row.prompt, row.dimension, video_of(row.video)].append(score)
            else:
                samples[row.prompt, row.dimension].append(score)
    for (prompt, name, _), clips in of_video.items():
        mean = PromptScore([one.value * one.weight for one in clips], [one.weight for one in clips]).value
        samples[prompt, name].append(VideoScore(mean or 0.0, weight=float(mean is not None)))
    judges = {name: _judge(name, benchmark) for name in {name for _, name in samples}}
    return {(prompt, name): judges[name].prompt_score(prompt, found) for (prompt, name), found in samples.items()}


def read_rows(folder: Path) -> list[Row]:
    """All rows of a run, with the scores that count.

    Raises:
        UsageError: the folder holds no run.
        StorageError: the disk is in the way.
    """
    benchmark = read_record(folder).benchmark
    rows = measured_rows(folder)
    return fused(rows, benchmark_named(benchmark)) if benchmark in BENCHMARKS.table else rows


def measured_rows(folder: Path) -> list[Row]:
    """All rows of a run as they are stored: of clips what was measured, before it is fused.

    Raises:
        StorageError: the disk is in the way.
    """
    store = RunStore(folder / STORE, read_only=True)
    try:
        return list(store.rows())
    finally:
        store.close()


def planned_of(record: RunRecord, benchmark: Benchmark) -> Mapping[str, int]:
    """Dimension -> scores that a whole run has; of an old run as far as its suite is known, without filtered ones."""
    suite = expected(record.suite["sha256"], benchmark) if record.mode == STANDARD else None
    specs = specs_of(benchmark)
    uncounted = [name for name in record.dimensions if name not in record.planned and name in specs]
    known = [name for name in uncounted if suite and not specs[name].sampled]
    samples = {name: benchmark.samples_of(specs[name]) for name in known}
    return {name: suite.count(specs[name].tested_by) * samples[name] for name in known if suite} | dict(record.planned)


def card_of(record: RunRecord, rows: Iterable[Row], benchmark: Benchmark | None = None) -> ScoreCard:
    """The score card of a run that was read, by the rules that it says unless others are given."""
    rules = benchmark or benchmark_named(record.benchmark)
    card = score_card(rows, record.not_evaluated, rules, planned_of(record, rules))
    return replace(card, samples=record.samples)


def read_score_card(folder: Path, benchmark: Benchmark | None = None) -> ScoreCard:
    """The score card of a run's folder.

    Args:
        folder: of the run.
        benchmark: whose rules hold; by default the one that the run says.

    Raises:
        UsageError: the folder holds no run, or one of a benchmark that is not here.
    """
    return card_of(read_record(folder), read_rows(folder), benchmark)


def _judge(name: str, benchmark: Benchmark) -> type[Dimension]:
    """The class that says what a prompt's samples say together; imported only where it has a say of its own."""
    spec = specs_of(benchmark).get(name)
    return implementation(spec) if spec and spec.together else Dimension


def _result(rows: list[Row], benchmark: Benchmark, planned: int | None) -> DimensionResult:
    statuses = Counter(row.status for row in rows)
    scored = statuses.pop(SCORED, 0)
    per_video = _aggregate(rows, benchmark, by_video=True) if benchmark.unit is Unit.CLIP else None
    return DimensionResult(_aggregate(rows, benchmark), scored, dict(statuses), planned, per_video)


def _scores(rows: Mapping[str, list[Row]], benchmark: Benchmark) -> dict[str, float]:
    scores = {name: _aggregate(rows[name], benchmark) for name in in_protocol_order(rows, benchmark)}
    return {name: score for name, score in scores.items() if score is not None}


def _aggregate(rows: Iterable[Row], benchmark: Benchmark, by_video: bool = False) -> float | None:
    return Dimension.aggregate(prompt_scores(rows, benchmark, by_video).values())
