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
from vbench.notebook import Shown

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
        planned: how many scores a whole run has; ``None`` where that is not known.
        per_video: where clips are judged, the mean of the videos' means, in which a long video counts what a short one
            counts; it is shown beside the score and never ranked. ``None`` where whole videos are judged.
    """

    score: float | None
    videos: int
    statuses: Mapping[str, int] = field(default_factory=dict)
    planned: int | None = None
    per_video: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing that was planned lacks its score, as far as it is known what was planned."""
        return self.planned is None or self.videos >= self.planned


@dataclass(frozen=True)
class ScoreCard(Shown):
    """What a run says, and what it does not.

    Attributes:
        dimensions: results by dimension, in the card's order.
        by_category: raw scores by content category and dimension; empty where prompts have no category.
        not_evaluated: dimension -> reason, for those that were asked for and have no score.
        benchmark: whose rules hold.
        samples: videos a prompt that were looked for; 0 where that is not known.
    """

    dimensions: Mapping[str, DimensionResult]
    by_category: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    not_evaluated: Mapping[str, str] = field(default_factory=dict)
    benchmark: Benchmark = T2V
    samples: int = 0

    @property
    def has_fewer_samples(self) -> bool:
        """Whether fewer videos a prompt were looked for than the protocol has."""
        return 0 < self.samples < self.protocol_samples

    @property
    def protocol_samples(self) -> int:
        """Videos a prompt that the protocol has for these dimensions."""
        rules = self.benchmark.rules
        return self.benchmark.most_samples(rules[name] for name in self.dimensions if name in rules)

    @property
    def scores(self) -> dict[str, float]:
        """Raw scores of the dimensions that have one."""
        return {name: result.score for name, result in self.dimensions.items() if result.score is not None}

    def missing(self, part: str | None = None) -> list[str]:
        """Dimensions of a part (of all, by default) without a score."""
        rules = self.benchmark.rules
        return [name for name, spec in rules.items() if part in (None, spec.part) and name not in self.scores]

    def unfinished(self, part: str | None = None) -> list[str]:
        """Dimensions of a part (of all, by default) that have a score, but not from every video that was planned."""
        rules = self.benchmark.rules
        of_part = [name for name in self.scores if part is None or (name in rules and rules[name].part == part)]
        return [name for name in of_part if not self.dimensions[name].is_whole]

    @property
    def incomplete(self) -> list[str]:
        """Dimensions that lack scores which were planned, all of them or some."""
        return [name for name, result in self.dimensions.items() if not result.is_whole]

    @property
    def scored(self) -> int:
        """How many scores there are, over all dimensions."""
        return sum(result.videos for result in self.dimensions.values())

    @property
    def planned(self) -> int | None:
        """How many scores a whole run has, over all dimensions; ``None`` where that is not known of one."""
        counts = [result.planned for result in self.dimensions.values()]
        return None if None in counts else sum(count for count in counts if count is not None)

    @property
    def counted(self) -> str:
        """How many scores there are of those that a whole run has, for people.

        >>> ScoreCard({"scene": DimensionResult(0.5, 612, planned=4730)}).counted
        '612 of 4,730 scores'
        """
        whole = "" if self.planned is None else f" of {self.planned:,}"
        return f"{self.scored:,}{whole} scores"

    def part(self, part: str, partial: bool = False) -> float | None:
        """The score of a part, 0..1; ``None`` while anything of it is missing, unless what is there is enough."""
        whole = not self.missing(part) and not self.unfinished(part)
        return part_score(part, self.scores, self.benchmark) if partial or whole else None

    @property
    def total(self) -> float | None:
        """Total, 0..1; ``None`` unless every dimension is whole, and where the benchmark has none."""
        return None if self.unfinished() else self.total_over_what_is_there

    @property
    def total_over_what_is_there(self) -> float | None:
        """The same from dimensions that have a score each, but not from every video that was planned."""
        if not self.benchmark.has_total or self.missing():
            return None
        if not self.benchmark.parts:
            return self.part("", partial=True)
        parts = {part.name: self.part(part.name, partial=True) for part in self.benchmark.parts}
        return total_score({name: score for name, score in parts.items() if score is not None}, self.benchmark)


def in_protocol_order(dimensions: Iterable[str], benchmark: Benchmark = T2V) -> list[str]:
    """The names in the order of the score card; those it does not know come last."""
    order = {name: place for place, name in enumerate(benchmark.rules)}
    return sorted(dimensions, key=lambda name: (order.get(name, len(order)), name))
