"""Connections that may not be held for nothing: heads and bodies arrive in time, answers are read in time.

The server below (uvicorn with h11) closes a connection that is idle after an answer, but waits for ever for a first
request, for the rest of a head or a body, and for a reader that takes nothing.
"""

from __future__ import annotations

import logging
import socket
from asyncio import TimerHandle, Transport
from collections import Counter
from typing import Any

import h11

from vbench.leaderboard.settings import Settings
from vbench.leaderboard.web.heard_out import HeardOut
from vbench.leaderboard.web.senders import Senders, one_of

log = logging.getLogger("vbench.board")

MOST = 800
"""Connections at the same time; the usual limit of open files is 1024."""

UNREAD_SECONDS = 120
"""In which a reader must make room for the next part of an answer. A system may read megabytes ahead, and tell of new
room once a good part of them is taken: where somebody reads 50 kB/s, after a minute and more."""

WAITING_BYTES = 1 << 17
"""Of an answer that this system keeps for a reader; otherwise megabytes, with new room once a third of them is sent."""

GRACE = 5
"""Seconds more than the limit within which the application itself says that a body is late."""

UPLOADS = ("/api/submissions", "/api/check", "/gradio_api/upload")

_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_MANY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 10\r\nContent-Length: 0\r\n\r\n"


class Connections:
    """How many connections there are, and how long they may take.

    Args:
        settings: of the board.
        senders: who knows the proxies, which may have any number.
    """

    def __init__(self, settings: Settings, senders: Senders) -> None:
        self.each = settings.connections_per_address
        self.head_seconds = settings.header_seconds
        self.body_seconds = settings.header_seconds + GRACE
        self.upload_seconds = settings.upload_seconds + GRACE
        self._senders = senders
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count a connection; whether it may stay."""
        sender = one_of(address)
        self._open[sender] += 1
        most = MOST if self._senders.is_proxy(address) else self.each
        return self._open[sender] <= most and self._open.total() <= MOST

    def leave(self, address: str) -> None:
        """It is closed."""
        sender = one_of(address)
        self._open[sender] -= 1
        if self._open[sender] <= 0:
            del self._open[sender]


class Deadlines(HeardOut):
    """A connection with deadlines.

    Attributes:
        limits: of its server.
    """

    limits: Connections

    def __init__(self, *values: Any, **more: Any) -> None:
        super().__init__(*values, **more)
        self._address = ""
        self._waits_for = ""
        self._arrival: TimerHandle | None = None
        self._reading: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Start, or be turned away."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        if self.limits.enter(self._address):
            _keep_little(transport)
            self._look()
        else:
            transport.write(_MANY)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self.limits.leave(self._address)
        self._expect("")
        self._stop_reading()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something came."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """An answer went out; the next request may come."""
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """The reader is behind."""
        super().pause_writing()
        self._stop_reading()
        self._reading = self.loop.call_later(UNREAD_SECONDS, self._unread)

    def resume_writing(self) -> None:
        """The reader has caught up."""
        self._stop_reading()
        super().resume_writing()

    def _look(self) -> None:
        """Set the clock for what must come next."""
        state = self.conn.their_state
        if self.transport.is_closing() or self.is_heard_out:
            self._expect("")
        elif state is h11.IDLE:
            self._expect("head", self.limits.head_seconds)
        elif state is h11.SEND_BODY:
            upload = self.scope["path"].endswith(UPLOADS)
            self._expect("body", self.limits.upload_seconds if upload else self.limits.body_seconds)
        else:
            self._expect("")

    def _expect(self, what: str, seconds: float = 0) -> None:
        if what == self._waits_for:
            return
        if self._arrival:
            self._arrival.cancel()
        self._waits_for = what
        self._arrival = self.loop.call_later(seconds, self._late) if what else None

    def _late(self) -> None:
        log.info("a connection was closed: its %s did not arrive in time", self._waits_for)
        if self._waits_for == "head" and not self.transport.is_closing():
            self.transport.write(_LATE)
            self.transport.close()
        else:
            self.transport.abort()

    def _unread(self) -> None:
        log.info("a connection was closed: its answer was not read")
        self.transport.abort()

    def _stop_reading(self) -> None:
        if self._reading:
            self._reading.cancel()
        self._reading = None


def _keep_little(transport: Transport) -> None:
    """Have the system tell of room as often as a reader takes something."""
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        line = transport.get_extra_info("socket")
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, WAITING_BYTES)


def deadlines(connections: Connections) -> type[Deadlines]:
    """The connections of a server with these limits, as uvicorn wants them: a class."""
    return type("Deadlines", (Deadlines,), {"limits": connections, "unwanted_seconds": connections.body_seconds})
