"""Opening the board's database: SQLite or PostgreSQL, brought to the newest schema, safe for many writers.

Writers come one after the other: SQLite by ``BEGIN IMMEDIATE``, PostgreSQL by an advisory lock that the transaction
holds. What a writer reads therefore stays true until it commits, and "accepted once" needs no further care.

Every writer counts what it changes, in the same transaction: a server that has read the counters knows whether what it
keeps still holds.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)  # fmt: skip
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from vbench.errors import UsageError
from vbench.leaderboard.db.tables import Counter
from vbench.leaderboard.errors import Unavailable

LOCK = 0x76_62_65_6E_63_68
"""Number of the advisory lock on PostgreSQL: "vbench" in ASCII."""

OURS = "submission"
"""A table by which a board's database is known."""

BOARD, FIGURES, VOTES = "board", "figures", "votes"
"""What changes: anything that the board shows; scores that follow from archives anew; votes."""

RESTORED = "restored"
"""How often a backup was put in the place of what was there: after that nothing that a server keeps holds."""

NOTHING = ""
"""What is changed that no page shows."""

WRITES = {"vbench_writes": True}

MIGRATES = {"vbench_migrates": True}


class Database:
    """The board's database, with the newest schema.

    Args:
        url: as SQLAlchemy writes it; ``postgresql://`` means the psycopg driver.
        seconds: that a writer waits for the one before.

    Raises:
        UsageError: it cannot be reached, or a newer version of vbench has written it.
    """

    def __init__(self, url: str, seconds: int = 60) -> None:
        self.engine = _engine(url, seconds)
        _refuse_foreign(self.engine)
        try:
            with self.transaction(**MIGRATES) as connection:
                command.upgrade(migrations(connection), "head")
        except DBAPIError as error:
            raise UsageError(f"The database {self.engine.url!r} cannot be opened: {_reason(error)}.") from error
        except CommandError as error:
            raise UsageError(f"{self.engine.url!r} was written by a newer vbench ({error}).") from error
        self.restored = self._counters().get(RESTORED, 0)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that changes nothing; it never waits for a writer.

        Raises:
            Unavailable: the database does not answer.
        """
        with spoken(), Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self, changes: str = BOARD) -> Iterator[Session]:
        """A session that is the only writer; committed at the end, or nothing of it is there.

        Args:
            changes: what is counted as changed; a writer that does not say is taken to change the board.

        Raises:
            Unavailable: the database does not answer, another writer does not end, or the disk is full.
        """
        with spoken(), self.transaction() as connection, Session(connection) as session:
            yield session
            session.flush()
            if changes:
                _count(session, changes)

    def counters(self) -> dict[str, int]:
        """How often each was changed.

        Raises:
            Unavailable: the database does not answer, or a backup was restored into it since it was opened.
        """
        found = self._counters()
        if found.get(RESTORED, 0) != self.restored:
            raise Unavailable(
                "A backup was restored into this board while its server ran: the server is to be started again."
            )
        return found

    def _counters(self) -> dict[str, int]:
        with self.reading() as session:
            return dict(session.execute(select(Counter.name, Counter.value)).all())

    @property
    def is_shared(self) -> bool:
        """Whether several server processes may serve it: PostgreSQL; of SQLite there is one."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def beside(self) -> Iterator[Session]:
        """A session for single statements that wait for no writer, on a database that is shared; then committed.

        Raises:
            Unavailable: the database does not answer.
        """
        with spoken(), Session(self.engine) as session, session.begin():
            yield session

    def close(self) -> None:
        """Let all connections go."""
        self.engine.dispose()

    @contextmanager
    def transaction(self, **options: bool) -> Iterator[Connection]:
        """A connection of the only writer; for whole tables, where errors are said by the caller."""
        with self.engine.connect().execution_options(**WRITES, **options) as connection, connection.begin():
            if self.engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            yield connection


def _count(session: Session, name: str) -> None:
    counter = session.get(Counter, name)
    if counter is None:
        session.add(Counter(name=name, value=1))
    else:
        counter.value += 1
    session.flush()


def migrations(connection: Connection) -> Config:
    """Alembic's configuration for a connection."""
    config = Config()
    config.set_main_option("script_location", "vbench.leaderboard.db:migrations")
    config.attributes["connection"] = connection
    return config


FULL = ("disk is full", "No space left on device", "could not extend file")
"""What a database says when there is no room."""


@contextmanager
def spoken() -> Iterator[None]:
    """What only a database understands, in words; what is wrong with a statement of ours stays as it is."""
    try:
        yield
    except IntegrityError:
        raise
    except (OperationalError, DatabaseError, PoolTimeout) as error:
        if isinstance(error, ProgrammingError | DataError):
            raise
        reason = _reason(error)
        full = any(words in reason for words in FULL)
        raise Unavailable(f"The database cannot be used now: {reason}. Nothing was changed.", full) from error


def _reason(error: Exception) -> str:
    """The first line of what the driver says, which has neither the statement nor its values."""
    said = str(error.orig) if isinstance(error, DBAPIError) else "all connections are in use"
    return said.strip().partition("\n")[0].rstrip(".")


def _engine(url: str, seconds: int) -> Engine:
    try:
        address = make_url(url)
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(address, pool_pre_ping=address.drivername.startswith("postgresql"))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise UsageError(
            f"A board cannot be kept there: {error}. Expected sqlite:///FILE or postgresql://USER@HOST/NAME."
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(_prepare_sqlite, seconds=seconds))
        event.listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "connect", partial(_prepare_postgresql, seconds=seconds))
    else:
        raise UsageError(f"A board is kept in SQLite or PostgreSQL, not in {engine.dialect.name}.")
    return engine


def _refuse_foreign(engine: Engine) -> None:
    """A database file with other tables is somebody else's; only asked, nothing of it changes.

    Raises:
        UsageError: it is.
    """
    file = Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None
    if not file or not file.is_file():
        return
    with (
        suppress(sqlite3.DatabaseError),
        closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as db,
    ):
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and OURS not in tables:
            raise UsageError(f"{file} is a database of something else: name another file for the board.")


def _prepare_postgresql(connection: Any, _: Any, *, seconds: int) -> None:
    connection.execute(f"SET lock_timeout = {seconds * 1000}")
    connection.commit()


def _prepare_sqlite(connection: Any, _: Any, *, seconds: int) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    connection.execute(f"PRAGMA busy_timeout={seconds * 1000}")
    _write_ahead(connection, seconds)
    connection.execute("PRAGMA synchronous=FULL")


def _write_ahead(connection: Any, seconds: int) -> None:
    """SQLite has nobody wait who changes the journal of a new file while another does: it fails, and is tried again."""
    ends = time.monotonic() + seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > ends:
                raise
        time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    """References hold but during a migration, which makes tables anew."""
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"PRAGMA foreign_keys={'OFF' if options.get('vbench_migrates') else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("vbench_writes") else "BEGIN")
