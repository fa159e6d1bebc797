"""Large values of the database, read piece by piece, so that a slow reader does not keep the whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

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
    _column: InstrumentedAttribute[bytes]
    _where: tuple[Any, ...]

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from one place to another, in pieces."""
        stop = self.size if stop is None else stop
        for place in range(start, stop, PIECE):
            with self._database.reading() as session:
                piece = self._piece(session, place, min(PIECE, stop - place))
            yield piece

    def _piece(self, session: Session, place: int, size: int) -> bytes:
        """Some of the bytes; none where the value is gone."""
        if session.get_bind().dialect.name != "sqlite":
            return session.scalar(select(func.substr(self._column, place + 1, size)).where(*self._where)) or b""
        table = self._column.class_
        number = session.scalar(select(table.id).where(*self._where))
        if number is None:
            return b""
        driver: Any = session.connection().connection.driver_connection
        with driver.blobopen(table.__tablename__, self._column.key, number, readonly=True) as value:
            return bytes(value[place : place + size])  # SQLite's substr would read the whole value for each piece


def large_value(database: Database, column: InstrumentedAttribute[bytes], *where: Any) -> LargeValue | None:
    """One value; ``None`` where there is none.

    Args:
        database: with the value.
        column: of a table whose rows have an ``id``.
        where: conditions that one row meets.
    """
    with database.reading() as session:
        size = session.scalar(select(func.length(column)).where(*where))
    return None if size is None else LargeValue(size, database, column, where)
