"""What follows from the boards, each with its own address: trade-offs, compositionality, hidden potential."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from vbench.analysis.trade_off import described
from vbench.benchmarks.t2v import RULES, T2V
from vbench.leaderboard.board import Board
from vbench.leaderboard.snapshots import Snapshot
from vbench.leaderboard.views.board_row import RANKED, BoardRow
from vbench.leaderboard.views.conclusions import COMPOSITION, MOTION, is_of_pictures, potential, trade_off
from vbench.leaderboard.views.ranking import SELECTED, Line, View, columns_of
from vbench.leaderboard.web.ui.pages.board import TABS
from vbench.leaderboard.web.ui.pages.common import document, never_blank
from vbench.leaderboard.web.ui.render import render, scale

DEFAULT = next((spec.traded_for, spec.name) for spec in RULES.values() if spec.traded_for)
"""What models sell for each other."""

SHOWN = 20
"""Models whose potential is shown, the first of the ranking."""

COMPARED = 40
"""Models whose compositionality is shown."""


def trade_offs(snapshot: Snapshot, view: View, axes: tuple[str, str]) -> str:
    """The document of two scores against each other.

    Args:
        snapshot: of the board.
        view: whose benchmark is shown.
        axes: names of the scores; what the benchmark does not have, is replaced.
    """
    return document("Trade-offs", "Trade-offs", _trade_offs(snapshot, view, axes_of(view, axes)))


def axes_of(view: View, axes: tuple[str, str]) -> tuple[str, str]:
    """Two different scores of a benchmark: those that are asked for, as far as it has them."""
    columns = [name for name in columns_of(view.rules_of) if name != SELECTED]
    wanted = [name for name in dict.fromkeys((*axes, *DEFAULT, *columns)) if name in columns]
    return wanted[0], wanted[1]


@never_blank
def _trade_offs(snapshot: Snapshot, view: View, axes: tuple[str, str]) -> str:
    found = trade_off(snapshot.ranking(view.benchmark), *axes)
    ends = {name: scale([row.scores[name] for row in found.rows]) if found.rows else (0.0, 1.0) for name in axes}
    return render(
        "trade_off.html",
        query=urlencode({"benchmark": view.benchmark, "x": axes[0], "y": axes[1]}),
        found=found,
        said=described(found.correlation, found.models),
        ends=ends,
        columns=[name for name in columns_of(view.rules_of) if name != SELECTED],
        benchmarks=TABS,
        benchmark=view.benchmark,
    )


def compositionality(snapshot: Snapshot) -> str:
    """The document of video models against image models, where several things are asked for in one picture."""
    return document("Compositionality", "Compositionality", _compositionality(snapshot.ranking(T2V.name).lines(_BY)))


_BY = View(sort=COMPOSITION[0])


@never_blank
def _compositionality(lines: Sequence[Line]) -> str:
    rows = [line.entry for line in lines if all(name in line.entry.scores for name in COMPOSITION)]
    kinds = {
        "Video models": [row for row in rows if not is_of_pictures(row) and row.kind == RANKED][:COMPARED],
        "Image models": [row for row in rows if is_of_pictures(row)][:COMPARED],
    }
    return render("compositionality.html", kinds=kinds, names=COMPOSITION, motion=MOTION, means=_means(kinds))


def _means(kinds: Mapping[str, Sequence[BoardRow]]) -> dict[str, dict[str, float | None]]:
    return {
        kind: {name: sum(row.scores[name].value for row in rows) / len(rows) if rows else None for name in COMPOSITION}
        for kind, rows in kinds.items()
    }


def potentials(board: Board, snapshot: Snapshot, view: View) -> str:
    """The document of each model's best categories against its mean."""
    lines = snapshot.ranking(view.benchmark).lines(view)
    known = [line.entry for line in lines if line.entry.kind == RANKED and line.entry.id.isdecimal()][:SHOWN]
    return document("Potential", "Hidden potential", _potentials(board.with_categories(known), view))


@never_blank
def _potentials(rows: Sequence[BoardRow], view: View) -> str:
    return render(
        "potential.html", models=[(row, potential(row)[:6]) for row in rows], benchmark=view.benchmark, benchmarks=TABS
    )
