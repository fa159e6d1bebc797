"""Who is answered before all was sent is heard out, within limits.

The server below (uvicorn with h11) may close a connection as soon as the answer is out, and a system resets what is
closed in the midst of a body: the sender, or a proxy between, may then never read why it was refused.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from collections.abc import Callable
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_STATED, MOST_UNSTATED = 256 << 20, 32 << 20
"""Bytes of a body that are thrown away after its answer, where its length is stated, and where it may have no end;
whoever sends more is cut off."""


class HeardOut(H11Protocol):
    """A connection that is closed when both sides are done.

    Attributes:
        unwanted_seconds: in which the rest of a body must have arrived after its answer.
    """

    unwanted_seconds: float

    def __init__(self, *values: Any, **more: Any) -> None:
        super().__init__(*values, **more)
        self._unwanted = 0
        self._end: TimerHandle | None = None

    @property
    def is_heard_out(self) -> bool:
        """Whether a body is on its way that nobody asks for any longer."""
        answered = self.transport.is_closing() or (self.cycle is not None and self.cycle.response_complete)
        return answered and self._is_sending()

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Start."""
        super().connection_made(cast(Transport, _Patient(transport, self._is_sending)))

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something came."""
        if self.is_heard_out:
            self._unwanted += len(data)
        if self._unwanted > self._most_unwanted():
            self.transport.abort()
        elif self.transport.is_closing():
            self._throw_away(data)
        else:
            super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """An answer went out."""
        super().on_response_complete()
        self._watch()

    def _is_sending(self) -> bool:
        return self.conn.their_state is h11.SEND_BODY

    def _most_unwanted(self) -> int:
        stated = self._unwanted and any(name == b"content-length" for name, _ in self.headers)
        return MOST_STATED if stated else MOST_UNSTATED

    def _throw_away(self, data: bytes) -> None:
        try:
            self.conn.receive_data(data)
            while isinstance(self.conn.next_event(), h11.Data):
                pass
        except h11.RemoteProtocolError:
            self.transport.abort()
        else:
            self.transport.close()

    def _watch(self) -> None:
        if not self.is_heard_out:
            self._stop()
        elif self._end is None:
            self._end = self.loop.call_later(self.unwanted_seconds, self.transport.abort)

    def _stop(self) -> None:
        if self._end:
            self._end.cancel()
        self._end, self._unwanted = None, 0


class _Patient:
    """A connection that says when this side is done, and closes when the other one is done as well.

    Args:
        transport: the connection.
        is_sending: whether the other side is in the midst of a body.
    """

    def __init__(self, transport: Transport, is_sending: Callable[[], bool]) -> None:
        self._transport, self._is_sending, self._is_done = transport, is_sending, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        """Say that nothing more comes; close as soon as nothing is sent any longer."""
        if not self._is_sending():
            self._transport.close()
        elif not self.is_closing():
            self._transport.write_eof()
            self._transport.resume_reading()
        self._is_done = True

    def is_closing(self) -> bool:
        """Whether nothing more is answered."""
        return self._is_done or self._transport.is_closing()


def heard_out(seconds: float) -> type[HeardOut]:
    """The connections of a server that hears its senders out for so long, as uvicorn wants them: a class."""
    return type("HeardOut", (HeardOut,), {"unwanted_seconds": seconds})
