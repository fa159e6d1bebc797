"""Limits that hold for all server processes of a board together: counted in the database that they share.

A board on SQLite has one process, which counts in its memory. On PostgreSQL a sender's stretch of time begins with the
first visit in it, by the database's clock, and one statement counts and decides.
"""

from __future__ import annotations

import time
from typing import Protocol

from sqlalchemy import Double, case, cast, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from starlette.concurrency import run_in_threadpool

from vbench.leaderboard.db.database import Database
from vbench.leaderboard.db.tables import Visit
from vbench.leaderboard.web.rate_limit import RateLimiter
from vbench.leaderboard.web.senders import Senders

NOW = cast(func.extract("epoch", func.clock_timestamp()), Double)
"""Seconds since 1970 by the clock that all processes share."""


class Limiter(Protocol):
    """A limit on how much each sender may have."""

    limit: int

    def wait(self, sender: str, amount: int = 1) -> float:
        """Count a visit; 0 where it is welcome, otherwise the seconds after which the next one is."""


async def wait(limiter: Limiter, sender: str, amount: int = 1) -> float:
    """The same where other requests go on meanwhile: a database may take its time."""
    if isinstance(limiter, RateLimiter):
        return limiter.wait(sender, amount)
    return await run_in_threadpool(limiter.wait, sender, amount)


class Limits:
    """Makes a board's limits.

    Args:
        database: of the board.
        senders: who names them.
    """

    def __init__(self, database: Database, senders: Senders) -> None:
        self._database, self._senders = database, senders

    def of(self, what: str, limit: int, seconds: float) -> Limiter:
        """A limit: so much in so many seconds.

        Args:
            what: its name; what has one name is counted together.
            limit: times, or whatever else is counted.
            seconds: in which.
        """
        if not self._database.is_shared:
            return RateLimiter(limit, seconds)
        return SharedLimiter(self._database, self._senders, what, limit, seconds)


class SharedLimiter:
    """A limit that is counted in the database.

    Args:
        database: which.
        senders: who names them; only names are kept.
        what: name of the limit.
        limit: times, or whatever else is counted.
        seconds: in which.
    """

    def __init__(self, database: Database, senders: Senders, what: str, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self._database, self._senders, self._what = database, senders, what
        self._swept = time.monotonic()

    def wait(self, sender: str, amount: int = 1) -> float:
        """Count a visit, unless it is too much.

        Args:
            sender: whose.
            amount: how much it takes of the limit.

        Returns:
            0 where it is welcome, otherwise the seconds after which the next one is.

        Raises:
            Unavailable: the database does not answer.
        """
        if amount > self.limit:
            return self.seconds
        mine = (Visit.what == self._what, Visit.sender == self._senders.keyed(sender))
        goes_on = Visit.since > NOW - self.seconds
        count = insert(Visit).values(what=self._what, sender=self._senders.keyed(sender), since=NOW, amount=amount)
        count = count.on_conflict_do_update(
            index_elements=[Visit.what, Visit.sender],
            set_={
                "since": case((goes_on, Visit.since), else_=NOW),
                "amount": case((goes_on, Visit.amount + amount), else_=amount),
            },
            where=or_(~goes_on, Visit.amount + amount <= self.limit),
        )
        with self._database.beside() as session:
            welcome = session.scalar(count.returning(Visit.amount)) is not None
            left = 0.0 if welcome else session.scalar(select(Visit.since + self.seconds - NOW).where(*mine)) or 0.0
        self._sweep()
        return 0.0 if welcome else max(left, 0.001)

    def _sweep(self) -> None:
        """Forget those whose stretch is over, now and then."""
        if time.monotonic() - self._swept < self.seconds:
            return
        self._swept = time.monotonic()
        with self._database.beside() as session:
            old = delete(Visit).where(Visit.what == self._what, Visit.since <= NOW - self.seconds)
            session.execute(old, execution_options={"synchronize_session": False})
