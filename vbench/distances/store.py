"""The store of features: what a network said of the windows of a video, in one SQLite file that many sets share.

Its key is a digest of everything that can change a bit of it: the content of the video, where its windows start and how
their frames are prepared, the network and its file, the device. So a set of real videos is computed once for all that
is compared with it, a killed computation goes on where it was, and nothing outdated is taken over.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vbench.errors import UsageError
from vbench.files.database import opened, opened_to_read, told
from vbench.files.json_file import plain_json

NAME = "features.sqlite"

WHAT = "store of features"

VERSION = 2
"""Raised when the same windows give other features than before."""

Features = Mapping[str, NDArray[np.float32]]
"""Layer -> ``(windows, D)``."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS feature (
    key TEXT NOT NULL,
    layer TEXT NOT NULL,
    width INTEGER NOT NULL,
    "values" BLOB NOT NULL,
    PRIMARY KEY (key, layer)
);
CREATE TABLE IF NOT EXISTS made (
    key TEXT PRIMARY KEY,
    "with" TEXT NOT NULL
);
"""

_LITTLE = np.dtype("<f4")


def key_of(**parts: Any) -> str:
    """A digest of JSON types by name."""
    text = json.dumps({"version": VERSION, **parts}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class FeatureStore:
    """Features on disk.

    Args:
        folder: where the file lies; made if it is not there.

    Raises:
        UsageError: a file of something else has its name.
        StorageError: the disk is full, read-only, damaged or otherwise in the way.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        with told(self.path, WHAT):
            _refuse_foreign(self.path)
            self.connection = opened(self.path)
            try:
                self.connection.executescript(_SCHEMA)
            except BaseException:
                self.connection.close()
                raise

    def close(self) -> None:
        """Close the file; everything that was put is on disk already."""
        self.connection.close()

    def put(self, key: str, features: Features, made_with: Mapping[str, Any]) -> None:
        """Write a video's features, of all layers or of none, and the machine and packages that they are of."""
        rows = [(key, layer, found.shape[1], found.astype(_LITTLE).tobytes()) for layer, found in features.items()]
        with told(self.path, WHAT), self.connection:
            self.connection.executemany("INSERT OR REPLACE INTO feature VALUES (?, ?, ?, ?)", rows)
            self.connection.execute("INSERT OR REPLACE INTO made VALUES (?, ?)", (key, json.dumps(made_with)))

    def holds(self, key: str, layer: str) -> bool:
        """Whether the features of a key are there."""
        with told(self.path, WHAT):
            found = self.connection.execute("SELECT 1 FROM feature WHERE key = ? AND layer = ?", (key, layer))
            return found.fetchone() is not None

    def get(self, key: str, layer: str) -> NDArray[np.float32] | None:
        """The features of a key, ``(windows, D)``; ``None`` where there are none."""
        query = 'SELECT width, "values" FROM feature WHERE key = ? AND layer = ?'
        with told(self.path, WHAT):
            found = self.connection.execute(query, (key, layer)).fetchone()
            return None if found is None else _values(*found)

    def made_with(self, keys: Iterable[str]) -> list[Mapping[str, Any]]:
        """With what the features of these keys were made, each once; earlier versions did not write it down."""
        query = 'SELECT "with" FROM made WHERE key = ?'
        with told(self.path, WHAT):
            found = [self.connection.execute(query, (key,)).fetchone() for key in keys]
            return [_object(text) for (text,) in dict.fromkeys(one for one in found if one)]


def _object(text: Any) -> Mapping[str, Any]:
    """What stands in a row.

    Raises:
        sqlite3.DatabaseError: it is damaged, which SQLite itself does not notice.
    """
    try:
        found = plain_json(text)
    except (ValueError, TypeError) as error:
        raise sqlite3.DatabaseError(f"malformed row: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(found.get(name), dict) for name in ("machine", "packages")):
        raise sqlite3.DatabaseError(f"malformed row: {text!r:.60}")
    return found


def _values(width: Any, content: Any) -> NDArray[np.float32]:
    """The features of a row.

    Raises:
        sqlite3.DatabaseError: it is damaged, which SQLite itself does not notice.
    """
    try:
        return np.frombuffer(content, _LITTLE).reshape(-1, width).astype(np.float32)
    except (ValueError, TypeError) as error:
        raise sqlite3.DatabaseError(f"malformed row: {error}") from error


def _refuse_foreign(path: Path) -> None:
    if not path.is_file() or not path.stat().st_size:
        return
    with closing(opened_to_read(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and "feature" not in tables:
        raise UsageError(f"{path} is a database of something else: move it away, or choose another folder.")
