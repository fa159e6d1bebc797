"""Large values of the database, read piece by piece, so that a slow reader does not keep the whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select

from vbench.leaderboard.db.database import Database

PIECE = 1 << 20
"""Bytes that are read at a time."""


def parts(database: Database, column: Any, *where: Any) -> tuple[int, Iterator[bytes]] | None:
    """The size of one value and its bytes in pieces; ``None`` where there is none.

    Args:
        database: with the value.
        column: of bytes.
        where: conditions that one row meets.
    """
    with database.reading() as session:
        size = session.scalar(select(func.length(column)).where(*where))
    return None if size is None else (size, _pieces(database, column, where, size))


def _pieces(database: Database, column: Any, where: Any, size: int) -> Iterator[bytes]:
    for start in range(0, size, PIECE):
        with database.reading() as session:
            piece = session.scalar(select(func.substr(column, start + 1, PIECE)).where(*where))
        yield bytes(piece or b"")
