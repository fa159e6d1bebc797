"""The worker of a board: takes jobs from its queue, evaluates their videos, and publishes the results.

It may be killed at any time. What it has evaluated lies in a folder that is named after the job, so whoever takes the
job next goes on there; and the result is submitted under the job's key, so that twice is once.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from vbench.benchmarks.registry import benchmark_named
from vbench.errors import VBenchError
from vbench.files.lock import alone_in, take_over
from vbench.leaderboard.board import Board
from vbench.leaderboard.jobs import Job, Jobs, Lost
from vbench.leaderboard.submissions.known_settings import known_settings
from vbench.leaderboard.submissions.model_card import ModelCard, read_card
from vbench.leaderboard.submissions.pack import pack, without_folders
from vbench.leaderboard.video_archive import fetched
from vbench.progress import Progress

log = logging.getLogger("vbench.board.worker")

FAULT = "It is a fault of this board; its worker's log has more."

Evaluate = Callable[[Path, Path, Job, Progress], None]
"""Evaluates a folder of videos into the folder of a run, as a job has it, and tells how far it is."""


class Worker:
    """One worker.

    Args:
        board: whose.
        jobs: its queue.
        folder: where videos are unpacked and runs are kept until they are published.
        evaluate: the ordinary evaluation.
        name: of whoever evaluates, as it stands in the cards of the results.
    """

    def __init__(self, board: Board, jobs: Jobs, folder: Path, evaluate: Evaluate, name: str) -> None:
        self.board, self.jobs, self.folder, self.evaluate, self.name = board, jobs, folder, evaluate, name
        self.me = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"

    def one(self) -> Job | None:
        """Take the next job and do it; returns it as it is then, or ``None`` where none waits."""
        job = self.jobs.claim(self.me)
        if job is None:
            return None
        log.info("job %d, %s: begun for the %d. time", job.id, job.card.name, job.tries)
        try:
            self._do(job)
        except Lost:
            log.warning("job %d is not this worker's any longer", job.id)
        except VBenchError as error:
            self._fail(job, without_folders(str(error)))
        except Exception:
            log.exception("job %d", job.id)
            self._fail(job, FAULT)
        except BaseException:  # told to stop
            with suppress(Lost):
                self.jobs.give_back(job.id, self.me)
            raise
        return self.jobs.job(job.id)

    def _do(self, job: Job) -> None:
        place = self.folder / f"job-{job.id}-{job.key[:8]}"
        number = self.board.sent_under(job.key)  # by a worker that ended before it could say so
        if number is None:
            number = self._submitted(job, place)
        self.jobs.publish(job.id, self.me, number)
        log.info("job %d is published as submission %d", job.id, number)
        shutil.rmtree(place, ignore_errors=True)

    def _submitted(self, job: Job, place: Path) -> int:
        """Evaluate a job's videos and submit the result; returns its number."""
        with _heard(self.jobs, job, self.me) as told, self._alone(place):
            videos = fetched(job.source, place / "videos")
            self.evaluate(videos, place / "run", job, told)
            archive = pack(
                place / "run",
                self._card(job, place / "run"),
                int(job.options.get("videos", 0)),
                partial=bool(job.options.get("partial")),
                benchmark=benchmark_named(job.options["benchmark"]) if job.options.get("benchmark") else None,
            )
            self.jobs.alive(job.id, self.me, told.done, told.total)  # or it is cancelled, and nothing is published
            return self.board.submit(archive, local=True, key=job.key).id

    @contextmanager
    def _alone(self, place: Path) -> Iterator[None]:
        """Have a job's folder while the block runs: who had the job before is dead, or hears that it is lost."""
        take_over(place, self.jobs.lease)
        with alone_in(place):
            take_over(place / "run", 0)
            yield

    def _card(self, job: Job, run: Path) -> ModelCard:
        """The job's card with what the run knows, and who evaluated."""
        stated = {name: value for name, value in job.card.plain().items() if value not in ("", None)}
        return replace(read_card({**known_settings(run), **stated}), evaluated_by=self.name)

    def _fail(self, job: Job, reason: str) -> None:
        log.error("job %d has failed: %s", job.id, reason)
        with suppress(Lost):
            self.jobs.fail(job.id, self.me, reason)


class _Told(Progress):
    """Keeps count of scores; stops the work where the job is lost."""

    def __init__(self) -> None:
        self.done = self.total = 0
        self.lost = threading.Event()

    def start(self, units: int, done: int, what: str = "scores") -> None:
        """So many scores are wanted, of which so many are there."""
        self.total, self.done = units, done

    def unit(self, label: str, finding: str = "") -> None:
        """One more is there."""
        self.done += 1
        if self.lost.is_set():
            raise Lost

    def skipped(self, units: int) -> None:
        """So many will not be there."""
        self.total -= units


@contextmanager
def _heard(jobs: Jobs, job: Job, worker: str) -> Iterator[_Told]:
    """While the block runs, the queue hears again and again that its worker lives."""
    told, over = _Told(), threading.Event()

    def speak() -> None:
        while not over.wait(jobs.lease / 6):
            try:
                jobs.alive(job.id, worker, told.done, told.total)
            except Lost:
                told.lost.set()
                return
            except VBenchError as error:  # the database is away; it may be back before the lease is over
                log.warning("job %d: %s", job.id, error)

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield told
        if told.lost.is_set():
            raise Lost
    finally:
        over.set()
        speaker.join()
