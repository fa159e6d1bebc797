"""The board as a web application: pages made with Gradio, each view with an address of its own."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import gradio as gr
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import Response
from starlette.types import Lifespan

from vbench.leaderboard.arena import Arena
from vbench.leaderboard.board import Board
from vbench.leaderboard.comparisons import Comparisons
from vbench.leaderboard.web.api import HOUR
from vbench.leaderboard.web.http import GUARDED
from vbench.leaderboard.web.rate_limit import RateLimiter
from vbench.leaderboard.web.ui.pages import arena, board, compare, model, submit
from vbench.leaderboard.web.ui.render import script, style
from vbench.leaderboard.web.ui.theme import theme
from vbench.leaderboard.web.ui.uploads import UploadLimit

TITLE = "VBench leaderboard"

UPLOADS_KEPT = 3600
"""Seconds after which what a browser uploaded is deleted."""


def mount(app: FastAPI, board: Board) -> None:
    """Add the pages to a server, behind its other routes.

    Args:
        app: the server.
        board: what it shows.
    """
    ballots = Arena(board)
    comparisons = Comparisons(board)
    app.include_router(_routes(ballots))
    app.add_middleware(UploadLimit, flood=RateLimiter(board.settings.submissions_per_hour, HOUR))
    app.router.lifespan_context = _ending(app.router.lifespan_context, comparisons)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "SSR mode is not supported")
        gr.mount_gradio_app(
            app,
            build(board, ballots, comparisons),
            path="/",
            theme=theme(),
            head=f"<style>{style()}</style><script>{script()}</script>",
            max_file_size=board.settings.upload_bytes,
            footer_links=[],
            run_history=False,
            show_error=False,
            ssr_mode=False,
            mcp_server=False,
            enable_monitoring=False,
        )


def build(shown: Board, ballots: Arena, comparisons: Comparisons) -> gr.Blocks:
    """All pages.

    Args:
        shown: the board.
        ballots: the arena's.
        comparisons: between its submissions.
    """
    pages = gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(UPLOADS_KEPT, UPLOADS_KEPT))
    with pages:
        board.add(pages, shown, comparisons)
    with pages.route("Compare", "/compare"):
        compare.add(pages, shown, comparisons)
    with pages.route("Arena", "/arena"):
        arena.add(pages, shown, ballots)
    with pages.route("Submit", "/submit"):
        submit.add(pages, shown)
    with pages.route("Model", "/model", show_in_navbar=False):
        model.add(pages, shown)
    return pages


def _ending(running: Lifespan[FastAPI], comparisons: Comparisons) -> Lifespan[FastAPI]:
    """The life of the server, at whose end nothing is compared any longer."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with running(app) as state:
            yield state
            comparisons.close()

    return lifespan


def _routes(ballots: Arena) -> APIRouter:
    routes = APIRouter()

    @routes.get("/api/arena/{address}.mp4", include_in_schema=False)
    def video(address: str) -> Response:
        """A video of an open ballot, under an address that does not say whose it is."""
        headers = {**GUARDED, "Cache-Control": "no-store"}
        return Response(ballots.video(address), media_type="video/mp4", headers=headers)

    @routes.get("/api/{path:path}", include_in_schema=False)
    def nothing(path: str) -> Response:
        """What is not there is answered as everywhere under /api, not by a page."""
        raise HTTPException(404)

    return routes
