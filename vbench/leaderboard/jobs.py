"""Videos that the board evaluates itself: a queue in the database, whose workers may die at any time.

A worker claims a job for some minutes and says again and again that it lives. One that is silent for longer is taken
for dead, and the next worker goes on with what it left. Visitors see the state of every job, not where its videos are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vbench.errors import Refused
from vbench.leaderboard.db import tables
from vbench.leaderboard.db.database import NOTHING, Database
from vbench.leaderboard.errors import NotFound
from vbench.leaderboard.keys import new_key
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.provenance import now

QUEUED, RUNNING, FAILED, PUBLISHED, CANCELLED = "queued", "running", "failed", "published", "cancelled"

LEASE = 180
"""Seconds of silence after which a worker is taken for dead."""

MOST_TRIES = 3
"""Workers that may die of one job; then it has failed."""


class Lost(Exception):
    """The job is somebody else's by now, or was cancelled."""


@dataclass(frozen=True)
class Job:
    """Videos of a model.

    Attributes:
        id: number of the job.
        source: folder, or address of an archive; only whoever runs the board is told.
        card: the model's.
        options: of the evaluation: ``suite``, ``benchmark``, ``profile``, ``dimensions``, ``videos``, ``partial``.
        key: under which the result is submitted.
        state: ``queued``, ``running``, ``failed``, ``published`` or ``cancelled``.
        reason: why it failed, ``""`` where it did not.
        done: scores that are there.
        total: scores that will be, 0 while nobody knows.
        tries: how often a worker has begun.
        submission: number of the result, ``None`` until it is published.
        added: when, UTC, ISO 8601.
        changed: when its state changed.
    """

    id: int
    source: str
    card: ModelCard
    options: Mapping[str, Any]
    key: str
    state: str
    reason: str
    done: int
    total: int
    tries: int
    submission: int | None
    added: str
    changed: str

    def public(self) -> dict[str, Any]:
        """What visitors may know, as JSON types."""
        names = ("id", "state", "reason", "done", "total", "submission", "added", "changed")
        return {"model": self.card.name, "version": self.card.version, **{name: getattr(self, name) for name in names}}


class Jobs:
    """The queue of a board.

    Args:
        database: of the board.
        lease: seconds of silence after which a worker is taken for dead.
        clock: gives seconds since 1970.
    """

    def __init__(self, database: Database, lease: float = LEASE, clock: Callable[[], float] = time.time) -> None:
        self.lease = lease
        self._database, self._clock = database, clock

    def add(self, source: str, card: ModelCard, options: Mapping[str, Any]) -> Job:
        """Put videos at the end of the queue; arguments are attributes of :class:`Job`."""
        with self._database.writing(NOTHING) as session:
            job = tables.Job(
                source=source, card=card.plain(), options=dict(options), key=new_key(), state=QUEUED, reason="",
                done=0, total=0, worker="", until=0.0, tries=0, submission_id=None, added=now(), changed=now(),
            )  # fmt: skip
            session.add(job)
            session.flush()
            return _job(job)

    def all(self) -> list[Job]:
        """Every job, the newest first."""
        return self.latest(None)

    def latest(self, most: int | None) -> list[Job]:
        """The newest jobs, the newest first.

        Args:
            most: so many of them; ``None`` for all.
        """
        with self._database.reading() as session:
            newest = select(tables.Job).order_by(tables.Job.id.desc()).limit(most)
            return [_job(job) for job in session.scalars(newest)]

    def count(self) -> int:
        """How many jobs there are."""
        with self._database.reading() as session:
            return session.scalar(select(func.count()).select_from(tables.Job)) or 0

    def job(self, number: int) -> Job:
        """One of them.

        Raises:
            NotFound: there is no such job.
        """
        with self._database.reading() as session:
            return _job(_found(session, number))

    def claim(self, worker: str) -> Job | None:
        """Take the oldest job that waits, or whose worker is dead; ``None`` where there is none.

        Args:
            worker: name of whoever takes it, unlike any other's.
        """
        with self._database.writing(NOTHING) as session:
            while job := self._free(session):
                job.changed = now()
                if job.tries >= MOST_TRIES:
                    job.state, job.reason = FAILED, f"Its worker ended {job.tries} times before it was done."
                    continue
                job.state, job.worker, job.reason, job.tries = RUNNING, worker, "", job.tries + 1
                job.until = self._clock() + self.lease
                return _job(job)
        return None

    def _free(self, session: Session) -> tables.Job | None:
        """The oldest job that waits, or whose worker is dead: of each state one row is read, however many there are."""
        table = tables.Job
        oldest = select(table).order_by(table.id).limit(1)
        waits = session.scalar(oldest.where(table.state == QUEUED))
        dead = session.scalar(oldest.where(table.state == RUNNING, table.until <= self._clock()))
        return min((job for job in (waits, dead) if job), key=lambda job: job.id, default=None)

    def alive(self, number: int, worker: str, done: int, total: int) -> None:
        """Say that a worker lives, and how far it is.

        Raises:
            Lost: the job is not this worker's any longer.
        """
        with self._mine(number, worker) as job:
            job.done, job.total, job.until = done, total, self._clock() + self.lease

    def publish(self, number: int, worker: str, submission: int) -> None:
        """Its result is on the board; raises as :meth:`alive`."""
        with self._mine(number, worker) as job:
            job.state, job.submission_id, job.changed = PUBLISHED, submission, now()

    def fail(self, number: int, worker: str, reason: str) -> None:
        """It cannot be evaluated, for a reason that visitors read; raises as :meth:`alive`."""
        with self._mine(number, worker) as job:
            job.state, job.reason, job.changed = FAILED, reason, now()

    def give_back(self, number: int, worker: str) -> None:
        """Leave a job to the next worker, as one that is told to stop; raises as :meth:`alive`."""
        with self._mine(number, worker) as job:
            job.state, job.worker, job.tries, job.changed = QUEUED, "", job.tries - 1, now()

    def retry(self, number: int) -> Job:
        """Put a job that failed or was cancelled into the queue again.

        Raises:
            NotFound: there is no such job.
            Refused: it waits, runs or is published.
        """
        return self._set(number, (FAILED, CANCELLED), QUEUED)

    def cancel(self, number: int) -> Job:
        """Take a job out of the queue; one that runs is left at its next score. Raises as :meth:`retry`."""
        return self._set(number, (QUEUED, RUNNING), CANCELLED)

    def _set(self, number: int, before: tuple[str, ...], after: str) -> Job:
        with self._database.writing(NOTHING) as session:
            job = _found(session, number)
            if job.state not in before:
                raise Refused([f"Job {number} is {job.state}; expected one that is {' or '.join(before)}."])
            job.state, job.reason, job.worker, job.tries, job.changed = after, "", "", 0, now()
            return _job(job)

    @contextmanager
    def _mine(self, number: int, worker: str) -> Iterator[tables.Job]:
        with self._database.writing(NOTHING) as session:
            job = _found(session, number)
            if job.state != RUNNING or job.worker != worker:
                raise Lost
            yield job


def _found(session: Session, number: int) -> tables.Job:
    job = session.get(tables.Job, number)
    if job is None:
        raise NotFound(f"There is no job {number}.")
    return job


def _job(job: tables.Job) -> Job:
    return Job(
        job.id, job.source, ModelCard(**job.card), job.options, job.key, job.state, job.reason, job.done, job.total,
        job.tries, job.submission_id, job.added, job.changed,
    )  # fmt: skip
