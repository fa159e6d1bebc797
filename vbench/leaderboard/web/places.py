"""Places for work that is heavy: few at a time, in turn between senders, and a queue with an end."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from vbench.leaderboard.errors import Busy


class Places:
    """So many places, given in turn to those who wait.

    Args:
        count: how many.
        waiting: who wait for one, at most.
        seconds: for which they wait, at most.
    """

    def __init__(self, count: int, waiting: int, seconds: float) -> None:
        self.count, self.waiting, self.seconds = count, waiting, seconds
        self._taken = 0
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def running(self) -> int:
        """Places that are taken."""
        return self._taken

    @property
    def queued(self) -> int:
        """Who wait for one."""
        return sum(map(len, self._queues.values()))

    @asynccontextmanager
    async def taken(self, sender: str) -> AsyncIterator[None]:
        """Have a place while the block runs.

        Raises:
            Busy: too many wait already, or it took too long.
        """
        await self._enter(sender)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, sender: str) -> None:
        if self.queued >= self.waiting:
            raise Busy("Too many wait to be checked.")
        turn = asyncio.get_running_loop().create_future()
        self._queues.setdefault(sender, deque()).append(turn)
        self._next()
        try:
            await asyncio.wait_for(asyncio.shield(turn), self.seconds)
        except BaseException as error:
            if turn.done():
                self._leave()
            else:
                self._drop(sender, turn)
            if isinstance(error, asyncio.TimeoutError):
                raise Busy(f"No place became free in {self.seconds:g} s.") from None
            raise

    def _leave(self) -> None:
        self._taken -= 1
        self._next()

    def _next(self) -> None:
        """Give free places to those whose turn it is; whoever had one goes behind the others."""
        for sender in list(self._queues):
            if self._taken >= self.count:
                return
            turn = self._queues[sender].popleft()
            self._queues.move_to_end(sender)
            if not self._queues[sender]:
                del self._queues[sender]
            self._taken += 1
            turn.set_result(None)

    def _drop(self, sender: str, turn: asyncio.Future[None]) -> None:
        with suppress(KeyError, ValueError):
            self._queues[sender].remove(turn)
            if not self._queues[sender]:
                del self._queues[sender]
