"""Published distances and Inception Scores: a table for each measure and data set, as none compares with another."""

from __future__ import annotations

from vbench.leaderboard.snapshots import Snapshot
from vbench.leaderboard.views.distances import published_distances
from vbench.leaderboard.web.ui.pages.board import DISTANCES, tabs
from vbench.leaderboard.web.ui.pages.common import document, never_blank
from vbench.leaderboard.web.ui.render import render


def page(snapshot: Snapshot) -> str:
    """The document."""
    return document("Board", "Distances", _body(snapshot))


@never_blank
def _body(snapshot: Snapshot) -> str:
    return render("distances.html", tabs=tabs(snapshot, DISTANCES), measures=published_distances())
