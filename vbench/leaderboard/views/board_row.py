"""A row of the board: everything that a table, a chart or a file shows of one model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vbench.analysis.statistics import Figure
from vbench.benchmarks.base import DimensionSpec
from vbench.benchmarks.registry import benchmark_named
from vbench.leaderboard.db.tables import PUBLISHED
from vbench.leaderboard.submissions.model_card import ModelCard

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
        benchmark: name of the one by whose rules it is scored.
        suite: name of the prompt suite.
        profile: which backbones looked.
        received: when, UTC, ISO 8601; ``""`` for a published figure.
        scores: raw scores by dimension; the benchmark's parts and the Total only where all their dimensions are there,
            or where they are what was printed.
        by_category: the same by content category.
        apart: why the row is not ranked; empty where it is.
        notes: what a reader should know about it, such as what it lacks.
        unverified: what is the submitter's word alone.
        certification: ``gold`` or ``silver`` by an admin's action, ``""`` for neither.
        source: of a published figure.
        sha256: of the archive.
        printed: what the source of a published figure prints as parts and Total.
    """

    id: str
    format: str
    state: str
    card: ModelCard
    benchmark: str
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
    def rules(self) -> Mapping[str, DimensionSpec]:
        """The dimensions of its benchmark."""
        return benchmark_named(self.benchmark).rules

    @property
    def missing(self) -> list[str]:
        """Dimensions of the protocol without a score; missing is shown as missing, never as 0."""
        return [name for name in self.rules if name not in self.scores]

    def value(self, name: str) -> float | None:
        """A dimension's raw score, or a part's or the Total; ``None`` where it is missing."""
        return self.scores[name].value if name in self.scores else None

    def normalised(self, name: str) -> float | None:
        """A score on the scale of the parts, which parts and Total are on already."""
        value = self.value(name)
        return value if value is None or name not in self.rules else self.rules[name].normalised(value)

    def plain(self) -> dict[str, Any]:
        """Everything as JSON types."""
        return {
            "id": self.id,
            "kind": self.kind,
            "format": self.format,
            "state": self.state,
            "certification": self.certification,
            "card": self.card.plain(),
            "benchmark": self.benchmark,
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
