"""Figures that others have printed, with their source: rows of the board that are no submissions.

Where all dimensions are printed, Quality, Semantic and Total are computed from them as for every other row, and what
was printed stands beside them.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from vbench.analysis.statistics import Figure
from vbench.benchmarks.score_card import TOTAL, DimensionResult, ScoreCard
from vbench.benchmarks.t2v import QUALITY, RULES, SEMANTIC
from vbench.leaderboard.db.tables import PUBLISHED
from vbench.leaderboard.submissions.model_card import TEAM, ModelCard
from vbench.leaderboard.views.board_row import FIGURE, BoardRow
from vbench.prompts.official import NAME as OFFICIAL

DATA = Path(__file__).parent / "data" / "published.json"

NO_ROWS = "A published figure: no scores per video, no intervals, no provenance."

ANOTHER_SUITE = "The source names another benchmark: {}."


@cache
def published_entries() -> tuple[BoardRow, ...]:
    """The published figures, in the order of the file."""
    data = json.loads(DATA.read_text(encoding="utf-8"))
    return tuple(_entry(row, data["sources"]) for row in data["rows"])


def _entry(row: dict[str, Any], sources: dict[str, str]) -> BoardRow:
    card = ModelCard(**{"sampled_by": "", "evaluated_by": "", **row["card"]})
    dimensions = {name: percent / 100 for name, percent in row["dimensions"].items()}
    printed = {name: percent / 100 for name, percent in row["printed"].items()}
    computed = ScoreCard({name: DimensionResult(dimensions[name], 0) for name in RULES if name in dimensions})
    sides = {QUALITY: computed.part(QUALITY), SEMANTIC: computed.part(SEMANTIC), TOTAL: computed.total}
    scores = {**printed, **{name: value for name, value in sides.items() if value is not None}, **computed.scores}
    return BoardRow(
        id="published-" + re.sub(r"[^a-z0-9]+", "-", card.name.lower()).strip("-"),
        format=FIGURE,
        state=PUBLISHED,
        card=card,
        suite=row.get("suite", OFFICIAL),
        profile="official",
        scores={name: Figure(value) for name, value in scores.items()},
        apart=(ANOTHER_SUITE.format(row["suite"]),) if "suite" in row else (),
        notes=(NO_ROWS,),
        certification=("", "silver", "gold")[(card.sampled_by == TEAM) + (card.evaluated_by == TEAM)],
        source=" ".join(sources[row[part]] for part in ("source", "settings") if part in row),
        printed=printed,
    )
