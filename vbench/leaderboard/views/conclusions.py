"""What follows from a board: trade-offs between two scores, compositionality, and where models exceed their mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vbench.analysis.interval import TAIL, Interval, errors
from vbench.analysis.statistics import Figure
from vbench.analysis.trade_off import correlation
from vbench.benchmarks.registry import benchmark_named
from vbench.benchmarks.t2v import RULES
from vbench.leaderboard.views.board_row import RANKED, BoardRow
from vbench.leaderboard.views.ranking import Ranking

MOST = 200
"""Models of a plot, the first ones of the ranking; the correlation is over all."""

COMPOSITION = tuple(spec.name for spec in RULES.values() if spec.of_several_things)
"""What asks for several things in one picture."""

MOTION = tuple(spec.name for spec in RULES.values() if spec.of_motion)
"""Dimensions of what changes between frames: a picture has none of it."""


@dataclass(frozen=True)
class TradeOff:
    """Two scores of the ranked rows.

    Attributes:
        across: one of them.
        up: the other.
        rows: those that have both, at most as many as a plot holds.
        models: how many have both.
        correlation: of the ranks, ``None`` where too few models have both.
    """

    across: str
    up: str
    rows: Sequence[BoardRow]
    models: int
    correlation: Interval | None


def trade_off(ranking: Ranking, across: str, up: str) -> TradeOff:
    """Two scores of a benchmark against each other."""
    rows = [row for row in ranking.entries if row.kind == RANKED and across in row.scores and up in row.scores]
    found = correlation([row.scores[across].value for row in rows], [row.scores[up].value for row in rows])
    return TradeOff(across, up, rows[:MOST], len(rows), found)


def is_of_pictures(row: BoardRow) -> bool:
    """Whether a model makes pictures: its samples have one frame, and nothing in them moves."""
    return row.card.frames == 1


@dataclass(frozen=True)
class Potential:
    """A dimension of a model, in its best categories and on the whole.

    Attributes:
        name: of the dimension.
        mean: over all prompts.
        best: its best categories with their figures, the best first; those alone that are above the mean beyond noise.
    """

    name: str
    mean: Figure
    best: Sequence[tuple[str, Figure]]

    @property
    def gain(self) -> float:
        """What the best category has beyond the mean."""
        return self.best[0][1].value - self.mean.value if self.best else 0.0


def potential(row: BoardRow) -> list[Potential]:
    """Where a model is better than its mean beyond noise; the largest gain on the card's scale first.

    Of a model without any such category one page in twenty names one (Bonferroni, over all categories and dimensions).
    """
    rules = row.rules
    looked_at = sum(name in rules for scores in row.by_category.values() for name in scores)
    found = [_potential(name, row, looked_at) for name in rules if name in row.scores]
    return sorted(
        (one for one in found if one.best),
        key=lambda one: -one.gain / (rules[one.name].maximum - rules[one.name].minimum),
    )


def _potential(name: str, row: BoardRow, looked_at: int) -> Potential:
    mean, samples = row.scores[name], benchmark_named(row.benchmark).samples_of(row.rules[name])
    figures = ((category, scores[name]) for category, scores in row.by_category.items() if name in scores)
    above = [(category, one) for category, one in figures if _least(one, samples, looked_at) > mean.value]
    return Potential(name, mean, sorted(above, key=lambda part: -part[1].value)[:3])


def _least(figure: Figure, samples: int, looked_at: int) -> float:
    """What a figure is at least, beyond the noise of as many as are looked at: its interval, that much wider."""
    if figure.low is None:
        return -math.inf
    free = max(1, figure.videos // samples - 1)
    return figure.value - (figure.value - figure.low) * errors(free, 2 * TAIL / looked_at) / errors(free)
