"""A board in one file: what was received and what follows from it, whichever database it is kept in.

The file is a zip of ``manifest.json`` and of a board's database in SQLite, whose digest the manifest has. It is read
back into SQLite or PostgreSQL, whole or not at all. What is over within hours (open ballots, counted visits, the key
that names senders) stays out.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import Connection, LargeBinary, Table, delete, func, insert, select

from vbench.errors import UsageError
from vbench.files.atomic import NO_ROOM
from vbench.files.digest import digest
from vbench.files.json_file import plain_json
from vbench.files.zips import unreadable
from vbench.leaderboard.db.database import RESTORED, Database, spoken
from vbench.leaderboard.db.tables import PASSING, PASSING_SECRET, Base, Counter, Secret
from vbench.malformed import flaw
from vbench.provenance import now

FORMAT = 1
"""Of the file; raised when it is laid out anew."""

MANIFEST, DATABASE = "manifest.json", "board.sqlite"

LARGEST_MANIFEST = 1 << 20

ROWS_AT_A_TIME = 100
"""Of a table without large values; of another, one."""

PIECE = 1 << 20

TABLES = [table for table in Base.metadata.sorted_tables if table not in {one.__table__ for one in PASSING}]
"""In an order in which what is referred to comes first."""


@dataclass(frozen=True)
class Manifest:
    """What a backup is.

    Attributes:
        made: when, UTC, ISO 8601.
        vbench: version that made it.
        schema: of the database.
        sha256: of the database in the file.
        rows: of each table.
    """

    made: str
    vbench: str
    schema: str
    sha256: str
    rows: Mapping[str, int]


def backup(database: Database, path: Path) -> Manifest:
    """Write a board to a file, as it is at one moment; it may be served meanwhile.

    Args:
        database: of the board.
        path: of the new file.

    Raises:
        UsageError: something is there already, or it cannot be written.
        Unavailable: a database does not answer, or the disk is full.
    """
    if os.path.lexists(path):
        raise UsageError(f"{path} is there already: choose another name for the backup.")
    with _beside(path) as folder, spoken():
        copy = Database(f"sqlite:///{folder / DATABASE}")
        try:
            with _snapshot(database) as source, copy.transaction() as target:
                rows = _copied(source, target)
                schema = MigrationContext.configure(target).get_current_revision()
        finally:
            copy.close()
        manifest = Manifest(now(), version("vbench-suite"), str(schema), digest(folder / DATABASE), rows)
        partial = folder / "whole"
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr(MANIFEST, json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1) + "\n")
            archive.write(folder / DATABASE, DATABASE)
        partial.chmod(0o600)  # it has the digests of tokens, and what their senders wrote
        partial.rename(path)
    return manifest


def restore(path: Path, database: Database, replace: bool = False) -> Manifest:
    """Put a backup into a database, in one transaction.

    Args:
        path: of the file.
        database: that takes it; with the newest schema.
        replace: whether what it holds may be deleted.

    Raises:
        UsageError: the file is no backup, damaged or of a newer version, or the database holds something.
        Unavailable: a database does not answer, or the disk is full.
    """
    with _beside(Path(tempfile.gettempdir()) / "restore") as folder, spoken():
        manifest = _unpacked(path, folder / DATABASE)
        source = Database(f"sqlite:///{folder / DATABASE}")  # which brings it to the newest schema
        try:
            with _snapshot(source) as old, database.transaction() as new:
                if not replace:
                    _refuse_full(database, new)
                before = _counters(new)
                for table in reversed(Base.metadata.sorted_tables):
                    new.execute(delete(table))
                _copied(old, new)
                database.restored = _counted_as_restored(new, before)
                if new.dialect.name == "postgresql":
                    _count_on(new)
        finally:
            source.close()
    return manifest


def _counters(connection: Connection) -> dict[str, int]:
    return dict(connection.execute(select(Counter.name, Counter.value)).all())


def _counted_as_restored(connection: Connection, before: Mapping[str, int]) -> int:
    """Have every server of the database see that it holds something else; returns how often it was restored."""
    times = max(_counters(connection).get(RESTORED, 0), before.get(RESTORED, 0)) + 1
    connection.execute(delete(Counter).where(Counter.name == RESTORED))
    connection.execute(insert(Counter).values(name=RESTORED, value=times))
    return times


def _refuse_full(database: Database, connection: Connection) -> None:
    """A board that was opened and never used has a secret of its own at most."""
    held = [table.name for table in TABLES if table is not Secret.__table__ and _count(connection, table)]
    if held:
        raise UsageError(
            f"{database.engine.url!r} is not empty: it holds rows of {', '.join(sorted(held))}. Restore into an empty "
            "database, or say --replace to delete what is there."
        )


def _copied(source: Connection, target: Connection) -> dict[str, int]:
    """Copy all tables; returns how many rows each has."""
    rows = {}
    for table in TABLES:
        wanted = select(table).order_by(*table.primary_key)
        if table is Secret.__table__:
            wanted = wanted.where(table.c.name != PASSING_SECRET)
        many = 1 if any(isinstance(column.type, LargeBinary) for column in table.columns) else ROWS_AT_A_TIME
        for part in source.execute(wanted, execution_options={"yield_per": many}).mappings().partitions():
            target.execute(insert(table), [dict(row) for row in part])
        rows[table.name] = _count(target, table)
    return rows


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _count_on(connection: Connection) -> None:
    """Have PostgreSQL give the next numbers after those that are there."""
    for table in TABLES:
        for column in table.primary_key:
            sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
            last = connection.scalar(select(func.max(column))) if sequence else None
            if last is not None:
                connection.execute(select(func.setval(sequence, last)))


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    """A connection that sees the database as it is now, whatever is written meanwhile."""
    options = {"isolation_level": "REPEATABLE READ"} if database.is_shared else {}
    with database.engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A folder beside a file, for as long as the block runs."""
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name[:80]}.", dir=path.parent) as folder:
            yield Path(folder)
    except OSError as error:
        raise UsageError(f"{path.parent} cannot be written: {error}.") from error


def _unpacked(path: Path, target: Path) -> Manifest:
    """Write the database of a backup to a file, if it is what its manifest says."""
    damaged = f"{path} is no backup of a board, or a damaged one"
    try:
        with (
            unreadable(lambda error: UsageError(f"{damaged}: {error}. Nothing was changed.")),
            zipfile.ZipFile(path) as archive,
        ):
            manifest = _manifest(archive, path)
            found = hashlib.sha256()
            with archive.open(DATABASE) as packed, target.open("xb") as file:
                while piece := packed.read(PIECE):
                    found.update(piece)
                    file.write(piece)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        raise UsageError(f"{damaged}: {error}. Nothing was changed.") from error
    if (sha256 := found.hexdigest()) != manifest.sha256:
        raise UsageError(
            f"{damaged}: its database has the SHA-256 {sha256}, expected {manifest.sha256}. Nothing was changed."
        )
    return manifest


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    with archive.open(MANIFEST) as file:
        values: dict[str, Any] = plain_json(file.read(LARGEST_MANIFEST))
    if not isinstance(values, dict):
        raise ValueError("its manifest is no object")
    if (form := values.pop("format")) != FORMAT:
        raise UsageError(f"{path} is a backup of format {form}; this vbench reads {FORMAT}.")
    if values.keys() != (known := {one.name for one in fields(Manifest)}):
        raise ValueError(f"its manifest says {', '.join(sorted(values))}, expected {', '.join(sorted(known))}")
    manifest = Manifest(**values)
    if told := flaw(manifest, [Manifest]):
        raise ValueError(f"its manifest is not as it was written: {told}")
    return manifest
