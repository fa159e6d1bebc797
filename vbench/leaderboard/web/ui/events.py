"""What may be asked of the pages' events: each input is what its component gives, and no sender has too many at once.

Gradio turns every value that looks like one of its files into a file, wherever it stands, before any function sees it.
So the values are looked at here, before Gradio has them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr
from gradio.components import Component
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vbench.errors import Refused
from vbench.files.strict_json import LONGEST_TEXT, loads
from vbench.leaderboard.web.http import later, refusal
from vbench.leaderboard.web.senders import one_of
from vbench.leaderboard.web.uploads import Uploads

JOIN, CANCEL, RESET = "/gradio_api/queue/join", "/gradio_api/cancel", "/gradio_api/reset"

LARGEST = 1 << 17
"""Bytes of a call: a page has at most some fields of text."""

MOST_CHOICES = 200

UNREAD_SECONDS = 120
"""After which an answer that nobody collected is thrown away."""

MOST_UNREAD = 400
"""Answers that are not collected yet, of all senders together."""

FIELDS = {"data", "event_data", "fn_index", "trigger_id", "session_hash", "simple_format", "batched"}


class Events:
    """In front of Gradio's queue.

    Args:
        app: what comes behind.
        pages: whose events they are.
        uploads: the files that may be named.
        each: events of one sender at most that wait or whose answers were not collected.
        root_path: under which the board is.
    """

    def __init__(self, app: ASGIApp, pages: gr.Blocks, uploads: Uploads, each: int, root_path: str = "") -> None:
        self.app, self.pages, self.uploads, self.each, self.root = app, pages, uploads, each, root_path
        self._calls: dict[str, tuple[str, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = str(scope.get("path", "")).removeprefix(self.root).rstrip("/")
        if scope["type"] != "http" or scope["method"] != "POST" or path not in (JOIN, CANCEL, RESET):
            await self.app(scope, receive, send)
            return
        body = await _body(receive)
        answer = self._objection(path, body, one_of(scope["client"][0]))
        await (answer or self.app)(scope, _again(body or b"", receive), send)

    def _objection(self, path: str, body: bytes | None, sender: str) -> Response | None:
        if body is None:
            return refusal(413, f"A call of a page has at most {LARGEST:,} bytes.", headers={"Connection": "close"})
        try:
            call = loads(body, "The call")
            if not isinstance(call, dict):
                raise Refused(["The call must be an object."])
            session = call.get("session_hash")
            if not isinstance(session, str) or not session.isalnum() or len(session) > 64:
                raise Refused(["session_hash must be letters and digits."])
            if path == JOIN:
                self._check(call)
        except Refused as error:
            return refusal(422, "This call is not understood.", error.reasons)
        return self._crowded(session, sender) if path == JOIN else None

    def _check(self, call: Mapping[str, Any]) -> None:
        """Refuse a call that no page makes."""
        number = call.get("fn_index")
        event = self.pages.fns.get(number) if type(number) is int else None
        data = call.get("data")
        if event is None or not isinstance(data, list) or len(data) != len(event.inputs) or call.get("batched"):
            raise Refused(["There is no such event with so many inputs."])
        if unknown := sorted(call.keys() - FIELDS):
            raise Refused([f"Unknown field {unknown[0]!r:.60}."])
        if not _is_small(call.get("event_data")) or not _is_small(call.get("trigger_id")):
            raise Refused(["event_data and trigger_id must be texts, numbers or an object of some."])
        for place, (component, value) in enumerate(zip(event.inputs, data, strict=True), 1):
            if not self._fits(component, value):
                raise Refused([f"Input {place} is not what {type(component).__name__} gives."])

    def _fits(self, component: Any, value: Any) -> bool:
        if value is None or isinstance(component, gr.State):  # a state's value is the server's own
            return value is None
        if isinstance(component, gr.File):
            return self._is_upload(value)
        fits = next((fits for kind, fits in FITS.items() if isinstance(component, kind)), None)
        return bool(fits and fits(value))

    def _is_upload(self, value: Any) -> bool:
        return (
            isinstance(value, dict)
            and value.keys() <= {"path", "url", "orig_name", "size", "mime_type", "is_stream", "meta"}
            and isinstance(value.get("path"), str)
            and self.uploads.holds(value["path"])
            and not value.get("is_stream")
            and value.get("meta") == {"_type": "gradio.FileData"}
        )

    def _crowded(self, session: str, sender: str) -> Response | None:
        """Turn a sender away who has too many events whose answers were not collected; count another one if not."""
        queue, now = self.pages._queue, time.monotonic()
        open_ = queue.pending_event_ids_session
        for kept, (_, since) in list(self._calls.items()):
            if kept not in open_ or since < now - UNREAD_SECONDS:
                del self._calls[kept]
                open_.pop(kept, None)
                queue.pending_messages_per_session.pop(kept, None)
        mine = {kept for kept, (whose, _) in self._calls.items() if whose == sender} | {session}
        waiting = sum(len(open_.get(kept, ())) for kept in mine)
        if waiting >= self.each or sum(map(len, open_.values())) >= MOST_UNREAD:
            return refusal(429, "Too many calls wait to be answered or collected.", headers=later(5))
        self._calls[session] = (sender, now)
        return None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT and "\0" not in value


def _is_choice(value: Any) -> bool:
    return _is_text(value) or _is_choices(value)


def _is_choices(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_CHOICES and all(map(_is_text, value))


FITS: Mapping[type[Component], Callable[[Any], bool]] = {
    gr.Textbox: _is_text,
    gr.BrowserState: _is_text,
    gr.CheckboxGroup: _is_choices,
    gr.Dropdown: _is_choice,
}
"""What the components of the pages give, besides files; one that is not here gives nothing."""


def _is_small(value: Any) -> bool:
    """Whether it is nothing, a number, some text, or an object of a few of those."""
    if isinstance(value, dict):
        return len(value) <= 8 and all(not isinstance(part, dict) and _is_small(part) for part in value.values())
    return value is None or isinstance(value, int | float) or _is_choice(value)


async def _body(receive: Receive) -> bytes | None:
    """The body of a request, ``None`` where it is too large or its sender went away."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > LARGEST:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Hand out a body that was read already."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
