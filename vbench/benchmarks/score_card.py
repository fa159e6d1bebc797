"""From per-dimension scores to Quality, Semantic and Total: the protocol's arithmetic and nothing else.

Constants are those of the published leaderboard. ``normalised = (score - minimum) / (maximum - minimum)``,
without clipping; Quality and Semantic are weighted means of normalised scores; Total is (4 Quality + Semantic) / 5.
The reference counts a missing dimension as raw 0, silently. Here it is named, and no Total is given without it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

QUALITY, SEMANTIC = "quality", "semantic"

TOTAL_WEIGHTS = {QUALITY: 4.0, SEMANTIC: 1.0}


@dataclass(frozen=True)
class Rule:
    """How one dimension enters the score card.

    Attributes:
        side: ``"quality"`` or ``"semantic"``.
        minimum: raw score that becomes 0.
        maximum: raw score that becomes 1.
        weight: what it counts on its side.
    """

    side: str
    minimum: float = 0.0
    maximum: float = 1.0
    weight: float = 1.0

    def normalised(self, score: float) -> float:
        """The raw score on the card's scale; outside 0..1 where the raw score is outside the bounds."""
        return (score - self.minimum) / (self.maximum - self.minimum)


RULES: dict[str, Rule] = {
    "subject_consistency": Rule(QUALITY, 0.1462, 1.0),
    "background_consistency": Rule(QUALITY, 0.2615, 1.0),
    "temporal_flickering": Rule(QUALITY, 0.6293, 1.0),
    "motion_smoothness": Rule(QUALITY, 0.706, 0.9975),
    "dynamic_degree": Rule(QUALITY, 0.0, 1.0, weight=0.5),
    "aesthetic_quality": Rule(QUALITY),
    "imaging_quality": Rule(QUALITY),
    "object_class": Rule(SEMANTIC),
    "multiple_objects": Rule(SEMANTIC),
    "human_action": Rule(SEMANTIC),
    "color": Rule(SEMANTIC),
    "spatial_relationship": Rule(SEMANTIC),
    "scene": Rule(SEMANTIC, 0.0, 0.8222),
    "appearance_style": Rule(SEMANTIC, 0.0009, 0.2855),
    "temporal_style": Rule(SEMANTIC, 0.0, 0.364),
    "overall_consistency": Rule(SEMANTIC, 0.0, 0.364),
}


def side_score(side: str, scores: Mapping[str, float]) -> float | None:
    """Weighted mean of the normalised scores of one side, over those of its dimensions that ``scores`` has.

    Args:
        side: ``"quality"`` or ``"semantic"``.
        scores: raw scores by dimension.

    Returns:
        The mean, ``None`` where no dimension of the side is there.
    """
    present = {name: rule for name, rule in RULES.items() if rule.side == side and name in scores}
    if not present:
        return None
    weighted = math.fsum(rule.normalised(scores[name]) * rule.weight for name, rule in present.items())
    return weighted / math.fsum(rule.weight for rule in present.values())


def total_score(quality: float, semantic: float) -> float:
    """(4 Quality + Semantic) / 5."""
    return (TOTAL_WEIGHTS[QUALITY] * quality + TOTAL_WEIGHTS[SEMANTIC] * semantic) / sum(TOTAL_WEIGHTS.values())


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
        dimensions: results by dimension, in the protocol's order.
        by_category: raw scores by content category and dimension; empty where prompts have no category.
        not_evaluated: dimension -> reason, for those that were asked for and have no score.
    """

    dimensions: Mapping[str, DimensionResult]
    by_category: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    not_evaluated: Mapping[str, str] = field(default_factory=dict)

    @property
    def scores(self) -> dict[str, float]:
        """Raw scores of the dimensions that have one."""
        return {name: result.score for name, result in self.dimensions.items() if result.score is not None}

    def missing(self, side: str | None = None) -> list[str]:
        """Dimensions of a side (of both, by default) without a score."""
        return [name for name, rule in RULES.items() if side in (None, rule.side) and name not in self.scores]

    def side(self, side: str, partial: bool = False) -> float | None:
        """Quality or Semantic, 0..1; ``None`` while a dimension is missing, unless parts are enough."""
        return side_score(side, self.scores) if partial or not self.missing(side) else None

    @property
    def total(self) -> float | None:
        """Total, 0..1; ``None`` unless all 16 dimensions have a score."""
        quality, semantic = self.side(QUALITY), self.side(SEMANTIC)
        return None if quality is None or semantic is None else total_score(quality, semantic)


def in_protocol_order(dimensions: Iterable[str]) -> list[str]:
    """The names in the order of the score card; those it does not know come last."""
    order = {name: place for place, name in enumerate(RULES)}
    return sorted(dimensions, key=lambda name: (order.get(name, len(order)), name))
