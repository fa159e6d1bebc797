"""In front of several servers of one board, as a proxy: connections go to each in turn, a page's stick to one.

Gradio answers a page's event on another connection than it was asked on, so a page stays with its server.
Unlike a proxy it comes from the visitor's own address, which on a loopback network anybody may.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Sequence
from contextlib import suppress

STICKS = (b"/gradio_api/", b"/config")

PATIENCE = 0.2
"""Seconds in which a connection says what it wants; one that does not is given to the next server."""


class Balancer:
    """Forwards connections.

    Args:
        ports: of the servers, on this machine.

    Attributes:
        url: where it listens.
    """

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports, self._turn = ports, itertools.count()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        """Forward nothing any longer."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._forward, "127.0.0.1", 0)

    async def _forward(self, visitor: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        address = back.get_extra_info("peername")[0]
        first = b""
        with suppress(asyncio.TimeoutError):
            first = await asyncio.wait_for(visitor.read(1 << 12), PATIENCE)
        sticks = first.partition(b" ")[2].startswith(STICKS)
        chosen = sum(address.encode()) if sticks else next(self._turn)
        port = self._ports[chosen % len(self._ports)]
        server, there = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
        there.write(first)
        await asyncio.gather(_copy(visitor, there), _copy(server, back))
        for writer in (there, back):
            writer.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Forward one direction until its end, which is said without closing the other one."""
    try:
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()
        target.write_eof()
    except OSError:
        target.close()
