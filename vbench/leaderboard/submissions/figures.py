"""The scores of a submission, made anew from its rows, with their intervals."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence

from vbench.analysis.interval import Interval
from vbench.analysis.statistics import Figure, category_intervals, intervals
from vbench.benchmarks.base import Benchmark, Values
from vbench.benchmarks.score_card import TOTAL
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.runs.results import score_card
from vbench.runs.store import SCORED, Row


def figures(rows: Sequence[Row], benchmark: Benchmark) -> dict[str, Figure]:
    """By dimension, and the parts and the Total where they are complete."""
    card, widths = score_card(rows, benchmark=benchmark), intervals(rows, benchmark=benchmark)
    values: dict[str, float | None] = {**card.scores}
    values |= {part.name: card.part(part.name) for part in benchmark.parts} | {TOTAL: card.total}
    videos = {name: result.videos for name, result in card.dimensions.items()}
    return {
        name: _figure(value, widths.get(name), videos.get(name, 0))
        for name, value in values.items()
        if value is not None
    }


def figures_by_category(rows: Sequence[Row], benchmark: Benchmark) -> dict[str, dict[str, Figure]]:
    """The same within each content category of the prompts."""
    counts = Counter((row.category, row.dimension) for row in rows if row.status == SCORED)
    scores = score_card(rows, benchmark=benchmark).by_category
    return {
        category: {
            name: _figure(value, widths.get(name), counts[category, name])
            for name, value in {**scores[category], **{name: width.score for name, width in widths.items()}}.items()
        }
        for category, widths in category_intervals(rows, benchmark=benchmark).items()
    }


def _figure(value: float, width: Interval | None, videos: int) -> Figure:
    return Figure(value, width.low, width.high, videos) if width else Figure(value, videos=videos)


def rows_digest(rows: Sequence[Row], card: ModelCard, benchmark: Benchmark) -> str:
    """Digest of the scores without the names of the files; truth values alone may be alike by chance."""
    scores = sorted(json.dumps([row.prompt, row.dimension, row.value, row.weight, row.status]) for row in rows)
    by_chance = all(benchmark.rules[row.dimension].values is Values.BOOLEAN for row in rows)
    return hashlib.sha256("\n".join([card.name if by_chance else "", *scores]).encode()).hexdigest()
