"""SQLite files: opened so that what is written stays, and what is in their way told in words.

A row is on disk when the statement returns, and a reader or a killed writer does no harm.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vbench.errors import StorageError, UsageError


def opened(path: Path) -> sqlite3.Connection:
    """A connection that writes: with a write-ahead log, or a rollback journal where nothing can be mapped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _journalled(path, "WAL")
    except sqlite3.OperationalError as error:
        if "is locked" in str(error):
            raise
        try:
            return _journalled(path, "DELETE")
        except sqlite3.OperationalError:  # it was not the log
            raise error from None


def _journalled(path: Path, journal: str) -> sqlite3.Connection:
    """A connection that has shown that it can write; that a log cannot be mapped shows only then."""
    connection = sqlite3.connect(path, timeout=60)
    try:
        if journal == "DELETE":  # leaving a log behind must not map it, either
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("PRAGMA locking_mode=NORMAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def opened_to_read(path: Path) -> sqlite3.Connection:
    """A connection that only reads; on a medium that cannot be written, one that takes the file to stay as it is.

    Raises:
        StorageError: it cannot be written there, and rows wait in a log that is read only where it can.
    """
    for how in ("mode=ro", "mode=ro&immutable=1"):
        if "immutable" in how:
            _refuse_to_miss(path)
        connection = sqlite3.connect(f"{Path(os.path.realpath(path)).as_uri()}?{how}", uri=True, timeout=60)
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            connection.close()
            if "immutable" in how:
                raise
        else:
            break
    return connection


def _refuse_to_miss(path: Path) -> None:
    """Who takes a file to stay as it is does not see what a killed process left in its log."""
    log = path.with_name(f"{path.name}-wal")
    if path.is_file() and log.is_file() and log.stat().st_size:
        raise StorageError(
            f"{path}: the last of what was stored is in {log.name}, which can only be read where its folder can be "
            "written. Copy the folder with all its files to such a place, and name the copy."
        )


DAMAGED = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What SQLite raises over a file; the second where what it quotes of one is no text."""

TOLD = {
    "is full": "the disk is full. Make room, and call again: what was finished is stored",
    "readonly": "it cannot be written: the folder or the medium is read-only. Choose another folder",
    "unable to open": "it cannot be opened: the folder is not there, or you may not read or write it",
    "locked": "another process holds it, or the file system has no locks. Wait for it, or choose a local folder",
    "locking protocol": "the file system has no locks. Choose a local folder",
    "I/O error": "the disk or the network share failed. What was finished is stored there; look after it first",
    "no such table": "it is empty, as a crash or a full disk leaves it. The command that made the run scores again",
    "malformed": "pages of it are damaged. Keep it: sqlite3 FILE .recover prints the rows that are whole",
}
"""SQLite's words -> ours."""


@contextmanager
def told(path: Path, what: str) -> Iterator[None]:
    """Say what is in the way of a file, each thing in words of its own.

    Args:
        path: of the file.
        what: it should be.

    Raises:
        StorageError: the disk is full, read-only, damaged or otherwise in the way.
        UsageError: it is something else.
    """
    try:
        yield
    except DAMAGED as error:
        for words, reason in TOLD.items():
            if words in str(error):
                raise StorageError(f"{path}: {reason} ({error}).") from error
        raise UsageError(f"{path} is not a {what}: {error}") from error
