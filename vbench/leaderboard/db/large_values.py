"""Large values of the database, read piece by piece, so that a slow reader does not keep the whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from vbench.leaderboard.db.database import Database

PIECE = 1 << 20
"""Bytes that are read at a time."""


@dataclass(frozen=True)
class LargeValue:
    """A value of the database that stays there until it is read.

    Attributes:
        size: in bytes.
    """

    size: int
    _database: Database
    _column: Any
    _where: tuple[Any, ...]

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from one place to another, in pieces."""
        stop = self.size if stop is None else stop
        for place in range(start, stop, PIECE):
            wanted = func.substr(self._column, place + 1, min(PIECE, stop - place))
            with self._database.reading() as session:
                piece = session.scalar(select(wanted).where(*self._where))
            yield bytes(piece or b"")


def large_value(database: Database, column: Any, *where: Any) -> LargeValue | None:
    """One value; ``None`` where there is none.

    Args:
        database: with the value.
        column: of bytes.
        where: conditions that one row meets.
    """
    with database.reading() as session:
        size = session.scalar(select(func.length(column)).where(*where))
    return None if size is None else LargeValue(size, database, column, where)
