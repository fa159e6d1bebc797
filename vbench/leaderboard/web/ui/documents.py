"""The pages that are plain documents, under their addresses: the boards, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from fastapi import APIRouter, Request
from fastapi.responses import Response

from vbench.leaderboard.board import Board
from vbench.leaderboard.comparisons import Comparisons
from vbench.leaderboard.views.ranking import View
from vbench.leaderboard.web.kept_answers import KeptAnswers
from vbench.leaderboard.web.share.origin_of import origin_of
from vbench.leaderboard.web.share.pages import preview_head
from vbench.leaderboard.web.ui.pages import board as board_page
from vbench.leaderboard.web.ui.pages import conclusions, distances

METHODS = ["GET", "HEAD"]


def routes(board: Board, comparisons: Comparisons) -> APIRouter:
    """The documents' addresses.

    Args:
        board: what they show.
        comparisons: between its submissions.
    """
    found, kept = APIRouter(), KeptAnswers()

    def answer(request: Request, key: tuple[Hashable, ...], make: Callable[[], str], query: str = "") -> Response:
        """A document, with what a preview of a link to it shows, which has the board's address."""
        root = origin_of(request.scope)
        address = root + str(key[0]).removeprefix("board") + f"?{query}" * bool(query)
        head = preview_head(root, address)
        return kept.answer(request, (*key, root), lambda: make().replace("</head>", f"{head}</head>", 1))

    @found.api_route("/", methods=METHODS, include_in_schema=False)
    def boards(request: Request) -> Response:
        """A benchmark's board."""
        view = View.from_query(request.url.query)
        snapshot, column = board.snapshot(), board_page.compared_by(view)
        ranking = snapshot.ranking(view.benchmark)
        view = ranking.usual(view)
        letters = comparisons.letters(ranking, column, snapshot.revision) if column else {}
        key = ("board", snapshot.revision, view.to_query(), letters is None)
        return answer(request, key, lambda: board_page.page(snapshot, view, letters, comparisons), view.to_query())

    @found.api_route("/distances", methods=METHODS, include_in_schema=False)
    def published_distances(request: Request) -> Response:
        """Published distances between sets of videos."""
        snapshot = board.snapshot()
        return answer(request, ("distances", snapshot.revision), lambda: distances.page(snapshot))

    @found.api_route("/trade-off", methods=METHODS, include_in_schema=False)
    def trade_offs(request: Request, x: str = "", y: str = "") -> Response:
        """Two scores against each other."""
        snapshot, view = board.snapshot(), _board_of(request)
        axes = conclusions.axes_of(view, (x, y))
        key = ("trade-off", snapshot.revision, view.benchmark, axes)
        return answer(request, key, lambda: conclusions.trade_offs(snapshot, view, axes))

    @found.api_route("/compositionality", methods=METHODS, include_in_schema=False)
    def compositionality(request: Request) -> Response:
        """Video models against image models."""
        snapshot = board.snapshot()
        key = ("compositionality", snapshot.revision)
        return answer(request, key, lambda: conclusions.compositionality(snapshot))

    @found.api_route("/potential", methods=METHODS, include_in_schema=False)
    def potentials(request: Request) -> Response:
        """Best categories of each model."""
        snapshot, view = board.snapshot(), _board_of(request)
        key = ("potential", snapshot.revision, view.benchmark)
        return answer(request, key, lambda: conclusions.potentials(board, snapshot, view))

    return found


def _board_of(request: Request) -> View:
    """Whose board is asked for, without anything else that a view has."""
    return View(View.from_query(request.url.query).benchmark)
