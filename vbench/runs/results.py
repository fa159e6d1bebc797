"""The score card of a run, as a pure function of its stored rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from vbench.benchmarks.score_card import DimensionResult, ScoreCard, in_protocol_order
from vbench.dimensions.base import Dimension, VideoScore
from vbench.runs.record import STORE, read_record
from vbench.runs.store import SCORED, Row, RunStore


def score_card(rows: Iterable[Row], not_evaluated: Mapping[str, str] | None = None) -> ScoreCard:
    """Aggregate rows; neither their order nor who computed them matters."""
    by_dimension: dict[str, list[Row]] = defaultdict(list)
    by_category: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        by_dimension[row.dimension].append(row)
        if row.category:
            by_category[row.category][row.dimension].append(row)
    dimensions = {name: _result(by_dimension[name]) for name in in_protocol_order(by_dimension)}
    return ScoreCard(
        dimensions=dimensions,
        by_category={category: _scores(by_category[category]) for category in sorted(by_category)},
        not_evaluated=dict(not_evaluated or {}),
    )


def read_rows(folder: Path) -> list[Row]:
    """All rows of a run.

    Raises:
        UsageError: the folder holds no run.
        StorageError: the disk is in the way.
    """
    read_record(folder)
    store = RunStore(folder / STORE, read_only=True)
    try:
        return list(store.rows())
    finally:
        store.close()


def read_score_card(folder: Path) -> ScoreCard:
    """The score card of a run's folder.

    Raises:
        UsageError: the folder holds no run.
    """
    return score_card(read_rows(folder), read_record(folder)["not_evaluated"])


def _result(rows: list[Row]) -> DimensionResult:
    statuses = Counter(row.status for row in rows)
    scored = statuses.pop(SCORED, 0)
    return DimensionResult(_aggregate(rows), scored, dict(statuses))


def _scores(rows: Mapping[str, list[Row]]) -> dict[str, float]:
    scores = {name: _aggregate(rows[name]) for name in in_protocol_order(rows)}
    return {name: score for name, score in scores.items() if score is not None}


def _aggregate(rows: Iterable[Row]) -> float | None:
    return Dimension.aggregate(
        [VideoScore(row.value, row.weight) for row in rows if row.value is not None and row.weight is not None]
    )
