"""Digests of large files, kept between runs: a file that is as it was when it was read need not be read again.

A file is as it was where its path, size, inode and times are; a digest is kept only if the file had settled, as within
the granularity of a clock it could change and look the same. What is kept is a convenience: where the cache folder
cannot be written, or holds something damaged, files are read.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vbench.files.cache import cache_dir
from vbench.files.database import DAMAGED
from vbench.files.special import kind_of

NAME = "digests.sqlite"

WORTH = 1 << 18
"""Bytes from which on a file takes longer to read than to ask for."""

SETTLED = 2.0
"""Seconds for which a file has not changed before its digest is kept; the coarsest clock of a file system is FAT's."""

PATIENCE = 1.0
"""Seconds after which a store that another process holds is not waited for."""

_TABLE = """
CREATE TABLE IF NOT EXISTS digest_1 (
    path BLOB NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    value TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (path, kind)
) WITHOUT ROWID
"""


@dataclass(frozen=True)
class FileState:
    """What tells a file that is as it was from one that is not.

    Attributes:
        path: absolute.
        size: in bytes.
        inode: of the file, behind a link too.
        modified: when its content was written, in nanoseconds since 1970.
        changed: the same of its inode, which no copying program sets back.
    """

    path: Path
    size: int
    inode: int
    modified: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> FileState:
        """As it is now.

        Raises:
            OSError: it is not there, or is a pipe or device, of which reading might never end.
        """
        if kind := kind_of(path):
            raise OSError(errno.EINVAL, f"it is {kind} and no file", str(path))
        found = path.stat()
        return cls(path.absolute(), found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns)

    def is_settled(self) -> bool:
        """Whether it has not changed for a while."""
        return time.time_ns() - max(self.modified, self.changed) > SETTLED * 1e9

    @property
    def key(self) -> bytes:
        """Its path in the store."""
        return os.fsencode(self.path)

    @property
    def told(self) -> str:
        """All but the path, as it is stored."""
        return f"{self.size} {self.inode} {self.modified} {self.changed}"


def kept(kind: str, state: FileState) -> str | None:
    """The digest of a file as it is, if it was kept.

    Args:
        kind: of digest.
        state: of the file.
    """
    if state.size < WORTH or not (cache_dir() / NAME).is_file():
        return None
    query = "SELECT value, proof FROM digest_1 WHERE path = ? AND kind = ? AND state = ?"
    for value, proof in _asked((query, (state.key, kind, state.told))):
        if proof == _proof(kind, state, value):
            return str(value)
    return None


def keep(kind: str, state: FileState, value: str) -> None:
    """Keep the digest of a file that had settled when it was begun to be read; arguments as :func:`kept`."""
    if state.size < WORTH:
        return
    row = (state.key, kind, state.told, value, _proof(kind, state, value))
    _asked((_TABLE, ()), ("INSERT OR REPLACE INTO digest_1 VALUES (?, ?, ?, ?, ?)", row))


def drop(path: Path) -> None:
    """Forget what is kept of a file."""
    if (cache_dir() / NAME).is_file():
        _asked(("DELETE FROM digest_1 WHERE path = ?", (os.fsencode(path.absolute()),)))


def _proof(kind: str, state: FileState, value: str) -> str:
    """Of a row that is as it was written: a database notices no wrong bit in a text."""
    return hashlib.sha256(b"\0".join((state.key, f"{kind} {state.told} {value}".encode()))).hexdigest()[:16]


def _asked(*statements: tuple[str, Sequence[str | bytes]]) -> list[Any]:
    """What the last of these statements gives; nothing where something is in the way of the store.

    It has a rollback journal, as home folders lie on network shares, and waits for no disk, as a loss costs a reading.
    """
    path = cache_dir() / NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous=OFF")
            return [connection.execute(*statement).fetchall() for statement in statements][-1]
    except (*DAMAGED, OSError) as error:
        if _is_worthless(error):
            for one in (path, path.with_name(f"{NAME}-journal")):
                with suppress(OSError):
                    one.unlink(missing_ok=True)
        return []


def _is_worthless(error: Exception) -> bool:
    """Whether the store is damaged or something else, and not held by another, read-only, full, or not made yet."""
    if isinstance(error, sqlite3.OperationalError):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)  # none where a value is no text
        return bool(code == sqlite3.SQLITE_ERROR) and "no such table" not in str(error)
    return not isinstance(error, OSError)
