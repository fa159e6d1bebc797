"""A row of the board: everything that a table, a chart or a file shows of one model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vbench.analysis.statistics import Figure
from vbench.benchmarks.score_card import TOTAL
from vbench.benchmarks.t2v import QUALITY, RULES, SEMANTIC
from vbench.leaderboard.db.tables import PUBLISHED
from vbench.leaderboard.submissions.model_card import ModelCard

SIDES = (QUALITY, SEMANTIC, TOTAL)

RANKED, APART = "ranked", "apart"

FIGURE = "published figure"
"""Format of a row that is no submission but a figure somebody printed."""


@dataclass(frozen=True)
class BoardRow:
    """A row of the board.

    Attributes:
        id: number of the submission, or ``published-...`` for a published figure.
        format: where the scores come from: ``vbench``, ``reference`` or ``published figure``.
        state: ``pending``, ``published`` or ``withdrawn``.
        card: what is said about the model.
        suite: name of the prompt suite.
        profile: which backbones looked.
        received: when, UTC, ISO 8601; ``""`` for a published figure.
        scores: raw scores by dimension; ``quality``, ``semantic`` and ``total`` only where all their dimensions are
            there, or where they are all that was printed.
        by_category: the same by content category.
        apart: why the row is not ranked; empty where it is.
        notes: what a reader should know about it, such as what it lacks.
        unverified: what is the submitter's word alone.
        certification: ``gold`` or ``silver`` by an admin's action, ``""`` for neither.
        source: of a published figure.
        sha256: of the archive.
        printed: what the source of a published figure prints as Quality, Semantic and Total.
    """

    id: str
    format: str
    state: str
    card: ModelCard
    suite: str
    profile: str
    received: str = ""
    scores: Mapping[str, Figure] = field(default_factory=dict)
    by_category: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict)
    apart: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    certification: str = ""
    source: str = ""
    sha256: str = ""
    printed: Mapping[str, float] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """``ranked``, or ``apart`` for the reasons in :attr:`apart`; what is not published is not ranked."""
        return RANKED if self.state == PUBLISHED and not self.apart else APART

    @property
    def missing(self) -> list[str]:
        """Dimensions of the protocol without a score; missing is shown as missing, never as 0."""
        return [name for name in RULES if name not in self.scores]

    def value(self, name: str) -> float | None:
        """A dimension's raw score, or ``quality``, ``semantic`` or ``total``; ``None`` where it is missing."""
        return self.scores[name].value if name in self.scores else None

    def normalised(self, name: str) -> float | None:
        """A dimension's score on the scale of the sides."""
        value = self.value(name)
        return None if value is None else RULES[name].normalised(value)

    def plain(self) -> dict[str, Any]:
        """Everything as JSON types."""
        return {
            "id": self.id,
            "kind": self.kind,
            "format": self.format,
            "state": self.state,
            "certification": self.certification,
            "card": self.card.plain(),
            "suite": self.suite,
            "profile": self.profile,
            "received": self.received,
            "scores": {name: vars(figure) for name, figure in self.scores.items()},
            "by_category": {
                category: {name: vars(figure) for name, figure in figures.items()}
                for category, figures in self.by_category.items()
            },
            "missing": self.missing,
            "apart": list(self.apart),
            "notes": list(self.notes),
            "unverified": list(self.unverified),
            "source": self.source,
            "sha256": self.sha256,
            "printed": dict(self.printed),
        }
