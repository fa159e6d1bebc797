"""The queue: videos that this board evaluates itself, and how far it is with each."""

from __future__ import annotations

import gradio as gr

from vbench.leaderboard.board import Board
from vbench.leaderboard.jobs import Jobs
from vbench.leaderboard.web.ui.pages.common import FOLLOWS, QUIET, navbar, never_blank, part
from vbench.leaderboard.web.ui.render import render

LATEST = 100
"""Jobs that are shown; the interface for programs has all."""


def add(page: gr.Blocks, board: Board) -> None:
    """Put the queue into the page that is being built."""
    navbar("Queue")
    shown = part(js_on_load=FOLLOWS, elem_id="queue")

    def opened() -> str:
        return _page(board)

    page.load(opened, None, shown, **QUIET)


@never_blank
def _page(board: Board) -> str:
    jobs = Jobs(board.database)
    return render("queue.html", jobs=jobs.latest(LATEST), more=jobs.count() - LATEST)
