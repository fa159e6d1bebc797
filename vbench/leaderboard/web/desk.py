"""Where archives are handed in, by whichever way: they lie on disk until a place is free, and are checked there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from vbench.leaderboard.errors import NotFound
from vbench.leaderboard.settings import MIB, Settings
from vbench.leaderboard.web.places import Places
from vbench.leaderboard.web.senders import Senders, one_of
from vbench.leaderboard.web.shared_limits import Limits
from vbench.leaderboard.web.uploads import Uploads

LARGE = 8 * MIB
"""Bytes of an archive beyond which it is checked alone among its like: it lies in memory more than once meanwhile."""

WAIT = 300
"""Seconds that an archive waits for a place."""

T = TypeVar("T")


class Desk:
    """The uploads of a server and the places where they are checked.

    Args:
        settings: of the board.
        senders: who names them.
        limits: makes the limits of this server.
    """

    def __init__(self, settings: Settings, senders: Senders, limits: Limits) -> None:
        self.senders, self.limits = senders, limits
        self.uploads = Uploads(settings, limits)
        self.places = Places(settings.uploads_at_once, settings.uploads_waiting, WAIT)
        self.large = Places(1, settings.uploads_waiting, WAIT)

    async def take(self, upload: Path, address: str, check: Callable[[bytes], T]) -> T:
        """Wait for a place, check an upload in a thread, and delete it, whatever becomes of it.

        Args:
            upload: one of the uploads.
            address: of its sender.
            check: what to do with its content.

        Raises:
            Busy: no place became free.
        """
        try:
            sender = one_of(address)
            is_large = upload.stat().st_size > LARGE  # noqa: ASYNC240 - a look that waits for nothing
            async with self.large.taken(sender) if is_large else nullcontext(), self.places.taken(sender):
                return await run_in_threadpool(lambda: check(upload.read_bytes()))
        finally:
            self.uploads.drop(upload)

    async def turn(self, address: str, work: Callable[[], T]) -> T:
        """Wait for a place and do something in a thread that costs as much as a check.

        Args:
            address: of whoever asks.
            work: what to do.

        Raises:
            Busy: no place became free.
        """
        async with self.places.taken(one_of(address)):
            return await run_in_threadpool(work)

    async def look(self, upload: Path, address: str, check: Callable[[bytes], T]) -> T:
        """The same as :meth:`take`, but the upload stays.

        Raises:
            NotFound: it was taken meanwhile.
        """
        try:
            return await self.turn(address, lambda: check(upload.read_bytes()))
        except FileNotFoundError:
            raise NotFound("This file is there no longer. Choose one again.") from None

    def close(self) -> None:
        """Delete what still lies there."""
        self.uploads.close()
