"""The run store: one SQLite row per video and dimension, in one file that is whole whenever it is looked at.

A row carries a *cache key*: a digest of everything that can change the value (the file's content, the prompt and
its facts, the dimension and its version, the digests of the backbones, the settings). Continuing a run asks for
these keys, so nothing finished is computed again and nothing outdated is taken over.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vbench.errors import UsageError
from vbench.files.database import opened, opened_to_read, told
from vbench.files.json_file import plain_json

SCORED, TOO_SHORT, UNREADABLE, NOT_APPLICABLE, FAILED = "scored", "too_short", "unreadable", "not_applicable", "failed"

NOT_STATIC = "not_static"
"""The static filter passed the video over, as the protocol wants: no score, and none that is missing."""

FINAL = (SCORED, TOO_SHORT, UNREADABLE, NOT_APPLICABLE, NOT_STATIC)
"""States that the same input reaches again; a ``failed`` unit is tried again when the run is continued."""

EARLIER = "was "
"""Before the status of a row that no longer holds for its run: nobody reads it but a call for which it holds again."""

Place = tuple[str, str, str]
"""Video, prompt and dimension: where a row stands."""

SCHEMA_VERSION = 1

WHAT = "run store"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS score (
    video TEXT NOT NULL,
    prompt TEXT NOT NULL,
    dimension TEXT NOT NULL,
    identity TEXT NOT NULL,
    content TEXT NOT NULL,
    category TEXT NOT NULL,
    facts TEXT NOT NULL,
    format TEXT NOT NULL,
    status TEXT NOT NULL,
    value REAL,
    weight REAL,
    frames TEXT NOT NULL,
    details TEXT NOT NULL,
    reason TEXT NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (video, prompt, dimension)
);
CREATE INDEX IF NOT EXISTS score_identity ON score (identity);
"""


@dataclass(frozen=True)
class Row:
    """One unit of a run: what one dimension said of one video.

    Attributes:
        video: path relative to the folder of the videos, with forward slashes.
        prompt: the prompt it was judged against.
        dimension: name of the dimension.
        cache_key: digest of everything that can change the value; stored as ``identity``.
        sha256: of the video; stored as ``content``.
        category: content category of the prompt, ``""`` if it has none.
        facts: what the prompt tells the dimensions, in the official schema.
        format: size, rate and length of the video, and of a file its codec, for people; ``""`` where it could not be
            read.
        status: ``scored``, or why not: ``too_short``, ``unreadable``, ``not_applicable``, ``not_static``, ``failed``.
        value: the score, ``None`` unless ``scored``.
        weight: what it counts in the aggregate, ``None`` unless ``scored``.
        per_frame: one number per frame or pair; stored as ``frames``.
        details: the rest of what explains the score.
        reason: why there is no score, ``""`` where there is one.
        seconds: wall time of the unit, in seconds.
    """

    video: str
    prompt: str
    dimension: str
    cache_key: str
    sha256: str = ""
    category: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    format: str = ""
    status: str = SCORED
    value: float | None = None
    weight: float | None = None
    per_frame: Sequence[float] = ()
    details: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    seconds: float = 0.0


_STORED_AS = {"cache_key": "identity", "sha256": "content", "per_frame": "frames"}
"""Fields whose columns have the names of the first version; files of all versions have one form."""

_FIELDS = tuple(Row.__dataclass_fields__)
_COLUMNS = tuple(_STORED_AS.get(name, name) for name in _FIELDS)
_JSON = ("facts", "per_frame", "details")
_NUMBERS = {"value": (float, type(None)), "weight": (float, type(None)), "seconds": (float,)}
_KINDS = dict.fromkeys(_FIELDS, (str,)) | _NUMBERS | {"facts": (dict,), "per_frame": (list,), "details": (dict,)}


class RunStore:
    """The rows of one run, on disk.

    Args:
        path: the SQLite file; made if it is not there, unless only read.
        read_only: nothing is written, so that a run on a medium that cannot be written is read, too.

    Raises:
        UsageError: the file was written by a newer version, or is no run store.
        StorageError: the disk is full, read-only, damaged or otherwise in the way.
    """

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        with told(path, WHAT):
            _refuse_foreign(path)
            self.connection = opened_to_read(path) if read_only else opened(path)
            try:
                self._prepare(read_only)
            except BaseException:
                self.connection.close()
                raise

    def _prepare(self, read_only: bool) -> None:
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise UsageError(
                f"{self.path} was written by a newer vbench (schema {version}, this one reads {SCHEMA_VERSION})"
            )
        if not read_only:
            self.connection.executescript(_SCHEMA)
            self.connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def close(self) -> None:
        """Close the file; everything that was put is on disk already."""
        self.connection.close()

    def put(self, row: Row) -> None:
        """Write one unit and commit it, replacing an older row of the same video, prompt and dimension."""
        self.put_all([row])

    def put_failed(self, row: Row) -> None:
        """Write a unit whose video could not be read; what was found of it before stays, as it may hold again."""
        states = ", ".join("?" for _ in FINAL)
        query = f"SELECT 1 FROM score WHERE video = ? AND prompt = ? AND dimension = ? AND status IN ({states})"
        with told(self.path, WHAT):
            found = self.connection.execute(query, (row.video, row.prompt, row.dimension, *FINAL)).fetchone()
        if not found:
            self.put(row)

    def put_all(self, rows: Iterable[Row]) -> None:
        """Write several units in one transaction: all of them or none."""
        marks = ", ".join("?" for _ in _COLUMNS)
        values = [[_stored(getattr(row, name)) for name in _FIELDS] for row in rows]
        with told(self.path, WHAT), self.connection:
            query = f"INSERT OR REPLACE INTO score ({', '.join(_COLUMNS)}) VALUES ({marks})"
            self.connection.executemany(query, values)

    def drop(self, units: Iterable[Place]) -> None:
        """Forget units by video, prompt and dimension, in one transaction."""
        with told(self.path, WHAT), self.connection:
            where = "video = ? AND prompt = ? AND dimension = ?"
            self.connection.executemany(f"DELETE FROM score WHERE {where}", units)

    def finished(self, cache_key: str) -> Row | None:
        """A row of that key in a final state, or set aside from one, whichever path the video had then."""
        known = [*FINAL, *(EARLIER + state for state in FINAL)]
        states = ", ".join("?" for _ in known)
        query = f"SELECT {', '.join(_COLUMNS)} FROM score WHERE identity = ? AND status IN ({states}) LIMIT 1"
        with told(self.path, WHAT):
            found = self.connection.execute(query, (cache_key, *known)).fetchone()
            return _row(found) if found else None

    def set_aside(self, units: Iterable[Place]) -> None:
        """Let units in a final state count no more; :meth:`finished` finds them."""
        with told(self.path, WHAT), self.connection:
            states = ", ".join(f"'{state}'" for state in FINAL)
            where = f"video = ? AND prompt = ? AND dimension = ? AND status IN ({states})"
            query = f"UPDATE score SET status = '{EARLIER}' || status WHERE {where}"
            self.connection.executemany(query, units)

    def dimensions(self) -> set[str]:
        """Of all rows, also of those that are set aside."""
        with told(self.path, WHAT):
            return {name for (name,) in self.connection.execute("SELECT DISTINCT dimension FROM score")}

    def rows(self) -> Iterator[Row]:
        """All rows that count, ordered by dimension, video and prompt, whatever the order they were put in."""
        yield from self._rows(f"WHERE status NOT LIKE '{EARLIER}%'")

    def settled(self) -> list[tuple[Place, str, str]]:
        """Of each row in a final state that counts its place, its cache key, and the content of its video."""
        states = ", ".join("?" for _ in FINAL)
        query = f"SELECT video, prompt, dimension, identity, content FROM score WHERE status IN ({states})"
        with told(self.path, WHAT):
            return [(tuple(place), key, content) for *place, key, content in self.connection.execute(query, FINAL)]

    def failed(self) -> Iterator[Row]:
        """Those that the next call tries again, in the same order."""
        yield from self._rows(f"WHERE status = '{FAILED}'")

    def _rows(self, where: str) -> Iterator[Row]:
        query = f"SELECT {', '.join(_COLUMNS)} FROM score {where} ORDER BY dimension, video, prompt"
        with told(self.path, WHAT):
            yield from map(_row, self.connection.execute(query))


def _refuse_foreign(path: Path) -> None:
    """A database of somebody else's is left as it is; only asked, nothing of it changes."""
    if not path.is_file() or not path.stat().st_size:
        return
    with closing(opened_to_read(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        columns = {column for _, column, *_ in connection.execute("PRAGMA table_info(score)")}
    if tables and not set(_COLUMNS) <= columns:
        raise UsageError(f"{path} is a database of something else: move it away, or choose another folder.")


def _stored(value: Any) -> Any:
    if isinstance(value, str | float | int | None):
        return value
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def _row(columns: Sequence[Any]) -> Row:
    """A row by its columns.

    Raises:
        sqlite3.DatabaseError: it is damaged, which SQLite itself does not notice.
    """
    values = dict(zip(_FIELDS, columns, strict=True))
    try:
        row = Row(**{**values, **{name: plain_json(values[name]) for name in _JSON}})
    except (ValueError, TypeError) as error:
        raise sqlite3.DatabaseError(f"malformed row: {error}") from error
    if flaw := _flaw(row):
        raise sqlite3.DatabaseError(f"malformed row: {flaw}")
    return row


def _flaw(row: Row) -> str:
    """What no run has written, ``""`` where there is none: each column is of one kind, and a number finite."""
    for name in _FIELDS:
        value, kinds = getattr(row, name), _KINDS[name]
        if not isinstance(value, kinds) or (isinstance(value, float) and not math.isfinite(value)):
            return f"{name} is {value!r:.60}"
    return ""
