"""In front of the pages: what a link preview reads in their heads, and a page for every address that is none.

Gradio gives all pages one head, with a preview of its own; a site that shows a link runs no scripts, so what it reads
has to be there when the page goes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from urllib.parse import parse_qs, quote, unquote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vbench.leaderboard.board import Board
from vbench.leaderboard.errors import NotFound, Unavailable
from vbench.leaderboard.web.share.origin_of import origin_of
from vbench.leaderboard.web.share.routes import THE_BOARD
from vbench.leaderboard.web.share.row import shared_row
from vbench.leaderboard.web.ui.render import name_of, render

PAGES = {
    "": "Board", "distances": "Distances", "trade-off": "Trade-offs", "compositionality": "Compositionality",
    "potential": "Hidden potential", "compare": "Compare",
    "samples": "Samples", "arena": "Arena", "submit": "Submit", "queue": "Queue",
    "api/docs": "For programs", "feed.xml": "New entries",
}  # fmt: skip
"""Addresses that a lost visitor is offered."""

MODEL, SAMPLES = "/model", "/samples"

PREVIEWED = ("/compare", "/arena", "/submit", "/queue", MODEL, SAMPLES)
"""Pages whose heads say what a preview shows."""

PROGRAMS = ("/api/", "/gradio_api/", "/badge/", "/preview/", "/embed/", "/healthz", "/metrics", "/assets/", "/static/")
"""Addresses whose refusals are for programs."""

THEIRS = re.compile(rb"""<meta\s+(?:property="og:|name="twitter:)[^>]*>""")
"""What Gradio's head says of every page."""

MOST_LIKELY, LONGEST_WORD = 5, 60


BOARD_TITLE, BOARD_SAID = "VBench leaderboard", "Video generation models, dimension by dimension."


def preview_head(
    root: str, address: str, title: str = BOARD_TITLE, said: str = BOARD_SAID, picture: str = THE_BOARD
) -> str:
    """What a page's head says to those who show a link to it.

    Args:
        root: address of the board, with a slash at the end.
        address: of the page.
        title: of the preview.
        said: below it.
        picture: name of the row whose picture is shown, or of the board's.
    """
    return render("preview_head.html", title=title, said=said, root=root, address=address, picture=quote(picture))


class SharedPages:
    """In front of the pages.

    Args:
        app: what comes behind.
        board: whose.
        root_path: under which the board is.
    """

    def __init__(self, app: ASGIApp, board: Board, root_path: str = "") -> None:
        self.app, self.board, self.root = app, board, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = str(scope.get("path", "")).removeprefix(self.root) or "/"
        if scope["type"] != "http" or scope["method"] != "GET" or path.startswith(PROGRAMS):
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, _Answer(self, scope, path, receive, send))

    def head(self, scope: Scope, path: str) -> tuple[int, bytes]:
        """What a page's head says to those who show a link to it, and the page's status: 404 for a model of no name."""
        root = origin_of(scope)
        query = str(scope["query_string"], "latin-1")
        status, title, said, picture = 200, BOARD_TITLE, BOARD_SAID, THE_BOARD
        if path == MODEL and (names := parse_qs(query).get("id")):
            try:
                row = shared_row(self.board, names[0])
                title, said, picture = f"{name_of(row.entry)} \N{EN DASH} {title}", row.headline, row.entry.id
            except NotFound:
                status = 404  # the page says it
            except Unavailable:
                pass  # so is this
        address = root + path.removeprefix("/") + (f"?{query}" if query else "")
        return status, preview_head(root, address, title, said, picture).encode()

    def unknown(self, scope: Scope, path: str) -> HTMLResponse:
        """The page of an address that is none."""
        words = re.findall(r"[^/\s]+", unquote(path))
        word = words[-1][:LONGEST_WORD] if words else ""
        page = render(
            "unknown.html", path=path[:200], word=word, root=origin_of(scope), pages=list(PAGES.items()),
            likely=list(self._likely(word))[:MOST_LIKELY],
        )  # fmt: skip
        return HTMLResponse(page, 404, {"X-Content-Type-Options": "nosniff"})

    def _likely(self, word: str) -> Iterator[tuple[str, str]]:
        """Pages and models whose names are like a word of the address."""
        for address in get_close_matches(word.lower(), [page for page in PAGES if page], cutoff=0.7):
            yield address, PAGES[address]
        try:
            entries = self.board.snapshot().entries
        except Unavailable:
            return
        by_name = {name_of(entry).casefold(): entry for entry in entries}
        by_name |= {entry.id: entry for entry in entries}
        asked = word.casefold().replace("_", " ").replace("-", " ")
        like = [*get_close_matches(asked, by_name, cutoff=0.6), *([word] if word in by_name else [])]
        for entry in {by_name[name].id: by_name[name] for name in like}.values():
            yield f"model?id={quote(entry.id)}", name_of(entry)


class _Answer:
    """An answer of the pages, on its way out."""

    def __init__(self, pages: SharedPages, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        self._pages, self._scope, self._path, self._receive, self._send = pages, scope, path, receive, send
        self._start: Message | None = None
        self._body = b""
        self._lost = False

    async def __call__(self, message: Message) -> None:
        """One part of it."""
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            is_page = headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers
            wants_page = "text/html" in Headers(scope=self._scope).get("accept", "")
            if message["status"] == 404 and wants_page:
                self._lost = True
                page = await run_in_threadpool(self._pages.unknown, self._scope, self._path)
                await page(self._scope, self._receive, self._send)
            elif message["status"] == 200 and is_page and self._path in PREVIEWED:
                self._start = message
            else:
                await self._send(message)
        elif self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)
        elif not self._lost:
            await self._send(message)

    async def _finish(self, start: Message) -> None:
        status, said = await run_in_threadpool(self._pages.head, self._scope, self._path)
        start["status"] = status
        body = THEIRS.sub(b"", self._body).replace(b"</head>", said + b"</head>", 1)
        MutableHeaders(raw=start["headers"])["content-length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})
