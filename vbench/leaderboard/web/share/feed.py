"""The newest entries of a board as an Atom feed."""

from __future__ import annotations

from sqlalchemy import func, select

from vbench.leaderboard.board import Board
from vbench.leaderboard.db.tables import PUBLISHED, Change
from vbench.leaderboard.views.board_row import FIGURE
from vbench.leaderboard.web.share.row import found_row
from vbench.leaderboard.web.ui.render import render

NEWEST = 30
"""Entries of the feed."""

EPOCH = "1970-01-01T00:00:00+00:00"
"""When a feed changed that never had an entry."""


def feed(board: Board, root: str) -> str:
    """The feed.

    Args:
        board: whose.
        root: address of the board, with a slash at the end.
    """
    snapshot = board.snapshot()  # before the changes: what is published meanwhile is in the next feed
    latest = select(Change.submission_id, func.max(Change.at)).where(Change.state == PUBLISHED)
    with board.database.reading() as session:
        published = dict(session.execute(latest.group_by(Change.submission_id)).all())
    submitted = [entry for entry in snapshot.entries if entry.format != FIGURE]
    newest = sorted(submitted, key=lambda entry: (published[int(entry.id)], int(entry.id)), reverse=True)[:NEWEST]
    items = [(found_row(snapshot, entry.id), published[int(entry.id)]) for entry in newest]
    return render("feed.xml", root=root, items=items, updated=items[0][1] if items else EPOCH)
