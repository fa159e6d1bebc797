"""What every request passes before anything of it is looked at, and every answer before it goes out.

In this order: who sends it, whether its address and its names are in order, whether a page of somebody else sends it,
whether there is such an address at all, and whether its sender has come too often. A fault behind the gate is
answered in words, large answers go out in pieces, and a line in the log says what was asked.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vbench.leaderboard.errors import Unavailable
from vbench.leaderboard.settings import PREFIX, Settings
from vbench.leaderboard.web import event_streams
from vbench.leaderboard.web.desk import Desk
from vbench.leaderboard.web.http import in_words, later, refusal
from vbench.leaderboard.web.metrics import Metrics
from vbench.leaderboard.web.senders import one_of
from vbench.leaderboard.web.shared_limits import wait

access = logging.getLogger("vbench.board.access")

PIECE = 1 << 16
"""Bytes of an answer that are handed on at a time; a reader must make room for the next."""

GRADIO = "/gradio_api/"

CALLS = {"cancel", "queue/data", "queue/join", "reset", "startup-events", "theme.css", "upload", "upload_progress"}
"""What the pages call of Gradio, besides ``heartbeat/``; the rest of its interface is not there."""

CLOSED = re.compile(r"/(login|logout|monitoring|token|pwa_icon|manifest\.json)(/.*)?")
"""Pages of Gradio that the board has no use for."""

QUIET = ("/assets/", "/static/", "/svelte/", "/theme.css", "/favicon.ico")
"""Files of the pages: neither counted nor in the log."""

NAMELESS = ("/healthz", "/metrics")
"""What balancers and Prometheus ask of each server process, by an address or by no name; without a token it
says nothing of the board."""

UNCOUNTED = (*QUIET, *NAMELESS)
"""Whatever else is asked counts."""

MINUTE = 60


class Gate:
    """In front of everything else.

    Args:
        app: what comes behind.
        settings: of the board.
        desk: knows the senders, and makes the limit of requests a minute.
        metrics: count what is answered.
        name_of: whose a token is.
        alone: whether the board listens on this machine alone.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        desk: Desk,
        metrics: Metrics,
        name_of: Callable[[str], str],
        alone: bool = False,
    ) -> None:
        self.app, self.settings, self.metrics, self.name_of, self.alone = app, settings, metrics, name_of, alone
        self.senders = desk.senders
        self.requests = desk.limits.of("requests", settings.requests_per_minute, MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, started, streamed = time.monotonic(), 500, False, False

        async def counted(message: Message) -> None:
            nonlocal status, started, streamed
            if message["type"] == "http.response.start":
                status, started, streamed = message["status"], True, event_streams.is_stream(message)
                message = event_streams.not_kept_back(message) if streamed else message
            await _in_pieces(message, send)

        forwarded = self._forwarded(scope)
        address = self.senders.settle(scope)
        path = self._rooted(scope)
        token = bearer(Headers(scope=scope))
        try:
            if self.senders.salt.is_due:
                await run_in_threadpool(self.senders.salt.renew)
            answer = self._objection(scope, path) or await self._crowded(path, address, token, forwarded)
            await (answer or self.app)(_as_get(scope, path), receive, counted)
        except Exception as error:
            if streamed and event_streams.has_said_why(error):
                await send(event_streams.END)
            elif started:
                raise
            else:
                await in_words(error)(scope, receive, counted)
        finally:
            spent = time.monotonic() - began
            self.metrics.answered(scope["method"], path, status, spent)
            if not path.startswith(QUIET):
                who = await self._who(token) if status != 429 else "-"
                sender = self.senders.name(address)
                access.info("%s %s %s %r %d %.0f ms", sender, who, scope["method"], path[:200], status, 1000 * spent)

    async def _who(self, token: str) -> str:
        try:
            return await run_in_threadpool(self.name_of, token) if token else "-"
        except Unavailable:
            return "?"

    def _forwarded(self, scope: Scope) -> bool:
        """Whether somebody who is not trusted says that a request is another's."""
        peer = (scope.get("client") or ("", 0))[0]
        return not self.senders.is_proxy(peer) and any(name == b"x-forwarded-for" for name, _ in scope["headers"])

    def _rooted(self, scope: Scope) -> str:
        """Put a request under the board's sub-path, whether or not the proxy cut it off; the path within the board."""
        root, path = self.settings.root_path, str(scope["path"])
        scope["root_path"] = root
        if root and (path == root or path.startswith(f"{root}/")):
            return path.removeprefix(root) or "/"
        scope["path"] = root + path
        scope["raw_path"] = root.encode() + (scope.get("raw_path") or path.encode())
        return path

    def _objection(self, scope: Scope, path: str) -> Response | None:
        """Why a request is not answered."""
        headers = Headers(scope=scope)
        if b"%00" in scope["query_string"] or _CONTROL.search(path):
            return refusal(400, "The address holds a character that no address here has.")
        host = headers.get("x-forwarded-host") or headers.get("host", "")
        if path not in NAMELESS and not self._is_known(host):
            return refusal(421, f"This board is not at {host[:100]!r}. Its names are a setting: {PREFIX}HOSTS.")
        if (origin := headers.get("origin")) is not None and not _is_same(origin, host):
            return refusal(403, "A page of another site may not call this board.")
        if CLOSED.fullmatch(path) or (path.startswith(GRADIO) and not _is_called(path.removeprefix(GRADIO))):
            return refusal(404, "Not Found")
        return None

    async def _crowded(self, path: str, address: str, token: str, forwarded: bool) -> Response | None:
        """Turn away who came too often."""
        if path.startswith(UNCOUNTED):
            return None
        waits = [await wait(self.requests, f"address {one_of(address)}")]
        waits += [await wait(self.requests, f"token {token}")] if token else []
        return too_many(max(waits), forwarded) if any(waits) else None

    def _is_known(self, host: str) -> bool:
        name = (urlsplit(f"//{host}").hostname or "") if _HOST.fullmatch(host) else ""
        if self.settings.hosts:
            return name in self.settings.hosts or is_loopback(name)
        return bool(name) and (not self.alone or is_loopback(name) or bool(self.settings.trusted_proxies))


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_HOST = re.compile(r"[A-Za-z0-9._-]{1,255}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


def too_many(wait: float, forwarded: bool = False) -> Response:
    """The answer to who came too often."""
    seconds = later(wait)
    why = f" All visitors of a proxy count as one until {PREFIX}TRUSTED_PROXIES names it." if forwarded else ""
    return refusal(429, f"Too many requests; come back in {seconds['Retry-After']} s.{why}", headers=seconds)


def bearer(headers: Headers) -> str:
    """The bearer token of a request, ``""`` without one."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _as_get(scope: Scope, path: str) -> Scope:
    """Somebody who asks for a head alone, as monitors do, gets that of the whole; the server leaves out the rest.

    Not so of events, which are gone once they were told.
    """
    return {**scope, "method": "GET"} if scope["method"] == "HEAD" and not path.startswith(GRADIO) else scope


async def _in_pieces(message: Message, send: Send) -> None:
    body = message.get("body", b"")
    if message["type"] != "http.response.body" or len(body) <= PIECE:
        await send(message)
        return
    view = memoryview(body)
    for start in range(0, len(view), PIECE):
        more = start + PIECE < len(view) or message.get("more_body", False)
        await send({"type": "http.response.body", "body": bytes(view[start : start + PIECE]), "more_body": more})


def _is_same(origin: str, host: str) -> bool:
    """Whether a page of this board asks: its origin is where the request goes; the scheme may end at a proxy."""
    return urlsplit(origin).netloc.lower() == host.lower() != ""


def _is_called(path: str) -> bool:
    return path.rstrip("/") in CALLS or path.startswith("heartbeat/")


def is_loopback(name: str) -> bool:
    """Whether a name is that of this machine for itself."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
