"""The key that turns addresses into names: drawn at random, replaced after some hours, and kept nowhere after that.

Of a board with one server process it is in that process's memory alone. Where several share a database they must give
one sender one name, so the key is there while it holds; the next one takes its place, and no backup has either.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from sqlalchemy import select

from vbench.leaderboard.db.database import NOTHING, Database
from vbench.leaderboard.db.tables import PASSING_SECRET, Secret

BYTES = 32


class Salt:
    """A key in memory.

    Args:
        hours: after which it is replaced.
        clock: gives seconds since 1970.
    """

    def __init__(self, hours: int, clock: Callable[[], float] = time.time) -> None:
        self.value = b""
        self._seconds, self._clock, self._until = 3600 * hours, clock, 0.0

    @property
    def is_due(self) -> bool:
        """Whether it has to be replaced."""
        return not self.value or self._clock() >= self._until

    def renew(self) -> None:
        """Replace it, where that is due."""
        if self.is_due:
            self.value, self._until = secrets.token_bytes(BYTES), self._clock() + self._seconds


class SharedSalt(Salt):
    """A key that all processes of a database have.

    Args:
        database: of the board.
        hours: after which it is replaced.
        clock: gives seconds since 1970.
    """

    def __init__(self, database: Database, hours: int, clock: Callable[[], float] = time.time) -> None:
        super().__init__(hours, clock)
        self._database = database

    def renew(self) -> None:
        """Take the one that holds, or replace it for all."""
        if not self.is_due:
            return
        with self._database.writing(NOTHING) as session:
            kept = session.scalar(select(Secret).where(Secret.name == PASSING_SECRET))
            until, _, value = (kept.value if kept else "0 ").partition(" ")
            if float(until) <= self._clock():
                until, value = repr(self._clock() + self._seconds), secrets.token_hex(BYTES)
                session.merge(Secret(name=PASSING_SECRET, value=f"{until} {value}"))
        self.value, self._until = bytes.fromhex(value), float(until)
