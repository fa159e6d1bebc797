"""The board as a web application: what is read is plain documents, what is worked with are pages made with Gradio."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile
from starlette.types import Lifespan

from vbench.errors import VBenchError
from vbench.leaderboard.arena import Arena
from vbench.leaderboard.board import Board
from vbench.leaderboard.comparisons import Comparisons
from vbench.leaderboard.settings import MIB, Settings
from vbench.leaderboard.web.api import HOUR, TITLE, address_of
from vbench.leaderboard.web.desk import Desk
from vbench.leaderboard.web.gate import too_many
from vbench.leaderboard.web.http import GUARDED, refusal
from vbench.leaderboard.web.ranges import ranged
from vbench.leaderboard.web.senders import one_of
from vbench.leaderboard.web.share.pages import SharedPages
from vbench.leaderboard.web.share.routes import routes as shared_routes
from vbench.leaderboard.web.shared_limits import wait
from vbench.leaderboard.web.ui import documents
from vbench.leaderboard.web.ui.events import Events
from vbench.leaderboard.web.ui.pages import arena, compare, model, queue, samples, submit
from vbench.leaderboard.web.ui.render import template
from vbench.leaderboard.web.ui.theme import theme

log = logging.getLogger("vbench.board")

SUFFIXES = (".zip", ".json")

AT_ONCE = 4
"""Runs of one page's event at the same time."""

OPEN_PAGES = 200
"""Pages in browsers that the server remembers, about a quarter of a MB each; any other works on as well."""

PART_BYTES = 1024
"""Of a field beside the file in an upload."""


class Pages(gr.Blocks):
    """Pages whose events say what is wrong, where it is no fault of theirs."""

    async def call_function(self, *values: Any, **more: Any) -> Any:
        """Run an event's function."""
        try:
            return await super().call_function(*values, **more)
        except VBenchError as error:
            log.error("%s", error)
            raise gr.Error(str(error), print_exception=False) from error


def mount(app: FastAPI, board: Board, desk: Desk) -> None:
    """Add the pages to a server, behind its other routes.

    What is set here beyond Gradio's arguments, and why: docs/decisions/gradio-is-mounted-not-launched.md.

    Args:
        app: the server.
        board: what it shows.
        desk: where archives are handed in.
    """
    os.environ["GRADIO_TEMP_DIR"] = str(desk.uploads.folder)
    ballots = Arena(board)
    comparisons = Comparisons(board)
    app.include_router(shared_routes(board))
    app.include_router(_routes(ballots, desk, board.settings))
    app.include_router(documents.routes(board, comparisons))
    pages = build(board, ballots, comparisons, desk)
    app.add_middleware(
        Events,
        pages=pages,
        uploads=desk.uploads,
        each=board.settings.events_per_address,
        root_path=board.settings.root_path,
    )
    app.add_middleware(SharedPages, board=board, root_path=board.settings.root_path)
    app.router.lifespan_context = _ending(app.router.lifespan_context, comparisons)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "SSR mode is not supported")
        gr.mount_gradio_app(
            app,
            pages,
            path="/",
            root_path=board.settings.root_path or None,
            allowed_paths=[],
            blocked_paths=_elsewhere(desk.uploads.folder),
            theme=theme(),
            head=f"<style>{template('look.css')}</style><script>{template('look.js')}</script>",
            max_file_size=board.settings.upload_bytes,
            footer_links=[],
            run_history=False,
            show_error=False,
            ssr_mode=False,
            mcp_server=False,
            enable_monitoring=False,
        )
    pages.has_launched = pages.is_running = True  # or Gradio checks no path of a file


def build(shown: Board, ballots: Arena, comparisons: Comparisons, desk: Desk) -> gr.Blocks:
    """The pages that are Gradio's; its main page is none of them, as the board's documents lie in front of it.

    Args:
        shown: the board.
        ballots: the arena's.
        comparisons: between its submissions.
        desk: where archives are handed in.
    """
    pages = Pages(title=TITLE, analytics_enabled=False, fill_width=True)
    pages.queue(default_concurrency_limit=AT_ONCE)
    pages.state_session_capacity = OPEN_PAGES
    with pages.route("Compare", "/compare"):
        compare.add(pages, shown, comparisons)
    with pages.route("Arena", "/arena"):
        arena.add(pages, shown, ballots, desk.limits)
    with pages.route("Submit", "/submit"):
        submit.add(pages, shown, desk)
    with pages.route("Queue", "/queue"):
        queue.add(pages, shown)
    with pages.route("Samples", "/samples", show_in_navbar=False):
        samples.add(pages, shown)
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


def _elsewhere(folder: Path) -> list[str]:
    """Every folder beside those that lead to this one, and the one in which the server runs."""
    places = [place for place in Path(folder.anchor).iterdir() if place not in folder.parents]
    return [str(place) for place in (*places, Path.cwd()) if place not in folder.parents]


def _routes(ballots: Arena, desk: Desk, settings: Settings) -> APIRouter:
    routes = APIRouter()
    uploads = desk.limits.of("uploads", settings.submissions_per_hour, HOUR)

    @routes.post("/gradio_api/upload", include_in_schema=False)
    async def upload(request: Request) -> Any:
        """Keep the one file that the page asks for; in place of Gradio's, which takes any number of any kind."""
        sender = one_of(address_of(request))
        if seconds := await wait(uploads, sender):
            return too_many(seconds)
        declared = request.headers.get("content-length", "")
        if not declared.isdecimal() or int(declared[:20]) > settings.upload_bytes + 2 * PART_BYTES:
            return refusal(413, f"At most {settings.upload_bytes:,} bytes may be uploaded.", headers=_CLOSE)
        async with request.form(max_files=1, max_fields=1, max_part_size=PART_BYTES) as form:
            file = next((part for part in form.values() if isinstance(part, UploadFile)), None)
            suffix = Path(file.filename or "").suffix.lower() if file else ""
            if file is None or suffix not in SUFFIXES:
                return refusal(415, f"One file may be uploaded, of the kind {' or '.join(SUFFIXES)}.")
            return [str(await desk.uploads.receive(_chunks(file), sender, suffix))]

    @routes.get("/gradio_api/upload_progress", include_in_schema=False)
    def progress() -> Response:
        """Nothing more to say of an upload: the page asks how far it is, and Gradio knows only of its own."""
        return Response('data: {"msg": "done"}\n\n', media_type="text/event-stream")

    @routes.get("/api/arena/{address}.mp4", include_in_schema=False)
    def video(address: str, request: Request) -> Response:
        """A video of an open ballot, under an address that does not say whose it is."""
        content = ballots.video(address)
        headers = {**GUARDED, "Cache-Control": "no-store"}
        return ranged(request.headers, len(content), lambda a, b: iter([content[a:b]]), "video/mp4", headers)

    @routes.api_route("/api/{path:path}", methods=["GET", "POST", "PUT", "DELETE"], include_in_schema=False)
    def nothing(path: str) -> Response:
        """What is not there is answered as everywhere under /api, not by a page."""
        raise HTTPException(404)

    return routes


_CLOSE = {"Connection": "close"}


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(MIB):
        yield chunk
