"""Figures that others have printed, with their source: rows of the boards that are no submissions.

Where all dimensions are printed, the parts and the Total are computed from them as for every other row, and what was
printed stands beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from vbench.analysis.statistics import Figure
from vbench.benchmarks.registry import benchmark_named
from vbench.benchmarks.score_card import TOTAL, DimensionResult, ScoreCard
from vbench.benchmarks.t2v import T2V
from vbench.files.json_file import plain_json
from vbench.leaderboard.db.tables import PUBLISHED
from vbench.leaderboard.submissions.model_card import TEAM, ModelCard
from vbench.leaderboard.views.board_row import FIGURE, BoardRow

DATA = Path(__file__).parent / "data"

FILES = ("published.json", "published_i2v.json")

NO_ROWS = "A published figure: no scores per video, no intervals, no provenance."

_ADDRESS = re.compile(r"https?://[^\s),;]+|arXiv:(\d{4}\.\d{4,5}(?:v\d+)?)")


@cache
def published_entries() -> tuple[BoardRow, ...]:
    """The published figures, in the order of the files."""
    return tuple(entry for file in FILES for entry in _entries(plain_json((DATA / file).read_text(encoding="utf-8"))))


def address_of(source: str) -> str:
    """Where a source can be read, as far as it says so.

    >>> address_of("Some authors, A title, arXiv:2502.05179v4, Table 1."), address_of("a talk")
    ('https://arxiv.org/abs/2502.05179v4', '')
    """
    found = _ADDRESS.search(source)
    if not found:
        return ""
    return f"https://arxiv.org/abs/{found[1]}" if found[1] else found[0].rstrip(".")


def _entries(data: Mapping[str, Any]) -> Iterator[BoardRow]:
    for row in data["rows"]:
        yield _entry(row, row.get("benchmark") or data.get("benchmark") or T2V.name, data["sources"])


def _entry(row: Mapping[str, Any], name: str, sources: Mapping[str, str]) -> BoardRow:
    benchmark = benchmark_named(name)
    card = ModelCard(**{"sampled_by": "", "evaluated_by": "", **row["card"]})
    dimensions = {name: percent / 100 for name, percent in row["dimensions"].items()}
    printed = {name: percent / 100 for name, percent in row["printed"].items()}
    known = {name: DimensionResult(dimensions[name], 0) for name in benchmark.rules if name in dimensions}
    computed = ScoreCard(known, benchmark=benchmark)
    sides = {part.name: computed.part(part.name) for part in benchmark.parts} | {TOTAL: computed.total}
    scores = {**printed, **{name: value for name, value in sides.items() if value is not None}, **computed.scores}
    of = "i2v-" if name == "vbench-i2v" else ""
    said = [row["source"], *row.get("also", ()), *([row["settings"]] if "settings" in row else ())]
    return BoardRow(
        id=f"published-{of}" + re.sub(r"[^a-z0-9]+", "-", card.name.lower()).strip("-"),
        format=FIGURE,
        state=PUBLISHED,
        card=card,
        benchmark=benchmark.name,
        suite=benchmark.suite,
        profile="official",
        scores={name: Figure(value) for name, value in scores.items()},
        notes=(NO_ROWS,),
        certification=("", "silver", "gold")[(card.sampled_by == TEAM) + (card.evaluated_by == TEAM)],
        source=" ".join(sources[part] for part in said),
        printed=printed,
    )
