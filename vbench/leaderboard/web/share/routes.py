"""The addresses for other sites: ``/badge/ID.svg``, ``/preview/ID.png``, ``/embed/ID``, ``/feed.xml``."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from vbench.benchmarks.registry import benchmark_named
from vbench.benchmarks.score_card import TOTAL
from vbench.leaderboard.board import Board
from vbench.leaderboard.errors import NotFound
from vbench.leaderboard.web.http import GUARDED
from vbench.leaderboard.web.share.feed import feed
from vbench.leaderboard.web.share.origin_of import origin_of
from vbench.leaderboard.web.share.picture import DASH, font, picture_of, picture_of_board
from vbench.leaderboard.web.share.row import shared_row
from vbench.leaderboard.web.ui.render import name_of, of_benchmark, render, title_of, wholes_of

KEPT = {"Cache-Control": "public, max-age=300"}
"""Other sites ask again after five minutes."""

FRAMED = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""An embedded row is shown in pages of others; it runs and loads nothing."""

LETTERS = 11
"""Pixels of a badge's text."""

ROOM = 10
"""Pixels beside it."""

GIVEN = "vbench"
"""Left half of a badge."""

THE_BOARD = "board"
"""Name of the preview of the board itself."""


def routes(board: Board) -> APIRouter:
    """The routes of a board."""
    found = APIRouter()

    @found.get("/badge/{name}.svg")
    def badge(name: str, score: str = TOTAL) -> Response:
        """A badge for a README: a row's Total and place, or the score that the query names."""
        try:
            row = shared_row(board, name)
            value = row.entry.value(score)
            known = {*wholes_of(benchmark_named(row.entry.benchmark)), *row.entry.rules}
            said = DASH if value is None else f"{100 * value:.2f} %"
            said = said if score in known else "no such score"
            if score == TOTAL and row.place:
                said += f" · place {row.place} of {row.ranked}"
            label = GIVEN if score == TOTAL else f"{GIVEN} · {title_of(score).lower()}"[:80]
            return _svg(label, said, name_of(row.entry))
        except NotFound:
            return _svg(GIVEN, "not on the board", "", 404)

    @found.get("/preview/{name}.png")
    def preview(name: str) -> Response:
        """The picture of a row, or of the board, for link previews."""
        picture = (
            picture_of_board(len(board.snapshot().entries))
            if name == THE_BOARD
            else picture_of(shared_row(board, name))
        )
        return Response(picture, media_type="image/png", headers={**GUARDED, **KEPT})

    @found.get("/embed/{name}")
    def embed(request: Request, name: str) -> Response:
        """A row as a small page to be framed by others."""
        row = shared_row(board, name)
        page = render("embed.html", row=row, root=origin_of(request.scope), **of_benchmark(row.entry.benchmark))
        return HTMLResponse(page, headers={**FRAMED, **KEPT})

    @found.get("/feed.xml")
    def newest(request: Request) -> Response:
        """The newest entries, as Atom."""
        kind = "application/atom+xml; charset=utf-8"
        return Response(feed(board, origin_of(request.scope)), media_type=kind, headers={**GUARDED, **KEPT})

    return found


def _svg(label: str, said: str, name: str, status: int = 200) -> Response:
    left, right = (round(font(LETTERS).getlength(text)) + ROOM for text in (label, said))
    badge = render("badge.svg", label=label, said=said, name=name, left=left, right=right, letters=LETTERS)
    return Response(badge, status, media_type="image/svg+xml", headers={**GUARDED, **KEPT})
