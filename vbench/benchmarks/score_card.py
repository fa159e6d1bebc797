"""From per-dimension scores to the parts and the Total of a benchmark: its arithmetic and nothing else.

``normalised = (score - minimum) / (maximum - minimum)``, without clipping; a part is the weighted mean of its
dimensions' normalised scores, and the Total the weighted mean of the parts. The reference counts a missing dimension as
raw 0, silently. Here it is named, and no Total is given without it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.t2v import T2V

TOTAL = "total"


def part_score(part: str, scores: Mapping[str, float], benchmark: Benchmark = T2V) -> float | None:
    """Weighted mean of the normalised scores of one part, over those of its dimensions that ``scores`` has.

    Args:
        part: name of the part; ``""`` where the benchmark has none, for all dimensions.
        scores: raw scores by dimension.
        benchmark: whose rules hold.

    Returns:
        The mean, ``None`` where no dimension of the part is there.
    """
    present = [benchmark.rules[name] for name in benchmark.of_part(part) if name in scores]
    if not present:
        return None
    weighted = math.fsum(spec.normalised(scores[spec.name]) * spec.weight for spec in present)
    return weighted / math.fsum(spec.weight for spec in present)


def total_score(parts: Mapping[str, float], benchmark: Benchmark = T2V) -> float:
    """Weighted mean of the parts: (4 Quality + Semantic) / 5 for text to video."""
    weights = {part.name: part.weight for part in benchmark.parts}
    return sum(weights[name] * parts[name] for name in weights) / sum(weights.values())


@dataclass(frozen=True)
class DimensionResult:
    """One dimension of a run.

    Attributes:
        score: the raw aggregate in the dimension's unit, ``None`` where no video counts.
        videos: how many videos were scored.
        statuses: how many videos ended in each other state (``too_short``, ``unreadable``, ...).
    """

    score: float | None
    videos: int
    statuses: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ScoreCard:
    """What a run says, and what it does not.

    Attributes:
        dimensions: results by dimension, in the card's order.
        by_category: raw scores by content category and dimension; empty where prompts have no category.
        not_evaluated: dimension -> reason, for those that were asked for and have no score.
        benchmark: whose rules hold.
    """

    dimensions: Mapping[str, DimensionResult]
    by_category: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    not_evaluated: Mapping[str, str] = field(default_factory=dict)
    benchmark: Benchmark = T2V

    @property
    def scores(self) -> dict[str, float]:
        """Raw scores of the dimensions that have one."""
        return {name: result.score for name, result in self.dimensions.items() if result.score is not None}

    def missing(self, part: str | None = None) -> list[str]:
        """Dimensions of a part (of all, by default) without a score."""
        rules = self.benchmark.rules
        return [name for name, spec in rules.items() if part in (None, spec.part) and name not in self.scores]

    def part(self, part: str, partial: bool = False) -> float | None:
        """The score of a part, 0..1; ``None`` while a dimension is missing, unless over what is there is enough."""
        return part_score(part, self.scores, self.benchmark) if partial or not self.missing(part) else None

    @property
    def total(self) -> float | None:
        """Total, 0..1; ``None`` unless all dimensions have a score, and where the benchmark has none."""
        if not self.benchmark.has_total or self.missing():
            return None
        parts = {part.name: self.part(part.name) for part in self.benchmark.parts}
        if not parts:
            return self.part("")
        return total_score({name: score for name, score in parts.items() if score is not None}, self.benchmark)


def in_protocol_order(dimensions: Iterable[str], benchmark: Benchmark = T2V) -> list[str]:
    """The names in the order of the score card; those it does not know come last."""
    order = {name: place for place, name in enumerate(benchmark.rules)}
    return sorted(dimensions, key=lambda name: (order.get(name, len(order)), name))
