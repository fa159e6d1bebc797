"""Opening the board's database: SQLite or PostgreSQL, brought to the newest schema, safe for many writers.

Writers come one after the other: SQLite by ``BEGIN IMMEDIATE``, PostgreSQL by an advisory lock that the transaction
holds. What a writer reads therefore stays true until it commits, and "accepted once" needs no further care.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from vbench.errors import UsageError

WAIT = 60
"""Seconds that a writer waits for the one before."""

LOCK = 0x76_62_65_6E_63_68
"""Number of the advisory lock on PostgreSQL: "vbench" in ASCII."""

WRITES = {"vbench_writes": True}


class Database:
    """The board's database, with the newest schema.

    Args:
        url: as SQLAlchemy writes it; ``postgresql://`` means the psycopg driver.

    Raises:
        UsageError: it cannot be reached, or a newer version of vbench has written it.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        try:
            with self._transaction() as connection:
                command.upgrade(migrations(connection), "head")
        except OperationalError as error:
            raise UsageError(f"The database {self.engine.url!r} cannot be opened: {error.orig}") from error
        except CommandError as error:
            raise UsageError(f"{self.engine.url!r} was written by a newer vbench ({error}).") from error

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that changes nothing; it never waits for a writer."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that is the only writer; committed at the end, or nothing of it is there."""
        with self._transaction() as connection, Session(connection) as session:
            yield session
            session.flush()

    def close(self) -> None:
        """Let all connections go."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self.engine.connect().execution_options(**WRITES) as connection, connection.begin():
            if self.engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            yield connection


def migrations(connection: Connection) -> Config:
    """Alembic's configuration for a connection."""
    config = Config()
    config.set_main_option("script_location", "vbench.leaderboard.db:migrations")
    config.attributes["connection"] = connection
    return config


def _engine(url: str) -> Engine:
    try:
        address = make_url(url)
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(address)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise UsageError(
            f"A board cannot be kept there: {error}. Expected sqlite:///FILE or postgresql://USER@HOST/NAME."
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name != "postgresql":
        raise UsageError(f"A board is kept in SQLite or PostgreSQL, not in {engine.dialect.name}.")
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={WAIT * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("vbench_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
