"""A process that does one job after the other, and may end over one of them: whoever gave the job is told how.

It ends when the caller ends, however that comes about: it watches a pipe that closes with it.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Lock, Thread
from types import ModuleType
from typing import Any, Generic, Self, TypeVar

from vbench.errors import UsageError, VBenchError

Tool = TypeVar("Tool")
Job = TypeVar("Job")
Result = TypeVar("Result")

ATTEMPTS = 3
"""Starts of a worker that may fail in a row."""

OUTSIDE = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGXCPU")
"""Signals that somebody sends; others tell of a crash."""

FREE, RESULT, RAISED = "free", "result", "raised"
"""What a worker says."""

LEAVING = 10.0
"""Seconds that a worker has for leaving by itself."""


class WorkerDied(VBenchError):
    """Workers do not start, or end one after the other whatever they are given."""


@dataclass(frozen=True)
class Ended:
    """The last that there is of a job where the process ended that was at it.

    Attributes:
        why: how it ended, for people.
        before: the results that had come, of a worker that keeps them.
    """

    why: str
    before: Sequence[Any] = ()


class Worker(Generic[Tool, Job, Result]):
    """A process that does one job after the other; where it ends at one, the next is done by another process.

    Args:
        prepare: makes what it works with; called once in each process.
        work: does a job with it; its results are handed on as they come.
        reads_script: whether it imports the caller's script, as Python's multiprocessing does, and runs what that does
            at its top level; what the script defines is only known where it does.
        keeps: whether it keeps the results of a job until that is done, for who asks what had come before it ended.

    Attributes:
        pipe: has something to read when there is something to :meth:`hear`.
        is_there: whether there is a process; none after one has ended at its job.
        is_free: whether it has started and has nothing to do.
    """

    def __init__(
        self,
        prepare: Callable[[], Tool],
        work: Callable[[Tool, Job], Iterable[Result]],
        reads_script: bool = True,
        keeps: bool = True,
    ) -> None:
        self._reads_script, self._keeps = reads_script, keeps
        self._what = prepare, work
        self._job: Job | None = None
        self._came: list[Result] = []
        self._failed_starts = 0
        self.is_there = self.is_free = False

    def __enter__(self) -> Self:
        """The worker itself, whose process ends with the block."""
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """See :meth:`end`."""
        self.end(at_once=kind is not None)

    def start(self) -> None:
        """Begin a process; it is free once :meth:`hear` has heard so.

        Raises:
            UsageError: this process may not begin any.
            WorkerDied: the system lets it begin no more.
        """
        _refuse_daemon()
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads of several processes share the cores
        try:
            self._begin()
        except OSError as error:
            raise WorkerDied(
                f"The system starts no other process ({error.strerror or error}). What was finished is stored. Take "
                "fewer --workers, or raise the limit that is reached (ulimit -a; in a container that of its processes)."
            ) from error

    def _begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, there = context.Pipe()
        with there:
            self._process = context.Process(target=_serve, args=(there, *self._what), daemon=True)
            with nullcontext() if self._reads_script and _script_is_file() else _script_hidden():
                self._process.start()
        self.is_there = True

    def give(self, job: Job) -> None:
        """Have a worker that is free do a job."""
        self._job, self._came, self.is_free = job, [], False
        with suppress(OSError):  # it has ended since: whoever waits for the result hears that
            self.pipe.send(job)

    def hear(self) -> tuple[Job, Result | Ended] | None:
        """A result of its job, or that it has ended; ``None`` where it is free now, or is being started anew.

        Raises:
            WorkerDied: it does not start.
            BaseException: whatever the job raised, with the worker's traceback as its cause.
        """
        try:
            kind, said = self.pipe.recv()
        except (EOFError, OSError):
            return self._hear_no_more()
        if kind == RAISED:
            error, trace = said
            raise error from RuntimeError(trace)
        if kind == FREE or self._job is None:
            self._job, self.is_free, self._failed_starts = None, True, 0
            return None
        if self._keeps:
            self._came.append(said)
        return self._job, said

    def _hear_no_more(self) -> tuple[Job, Ended] | None:
        job, self._job = self._job, None
        self.end()
        why = how_ended(self._process.exitcode)
        if job is not None:
            return job, Ended(why, self._came)
        self._start_anew(why)
        return None

    def _start_anew(self, why: str) -> None:
        self._failed_starts += 1
        if self._failed_starts >= ATTEMPTS:
            raise WorkerDied(
                f"A worker process does not start: {why}, {ATTEMPTS} times in a row. What was finished is stored. Take "
                "fewer --workers where memory is short; in a script of your own call vbench below "
                'if __name__ == "__main__":, as each worker reads the script, too.'
            )
        self.start()

    def get_ready(self) -> None:
        """Have a process that is free; raises what :meth:`hear` raises."""
        if not self.is_there:
            self.start()
        while not self.is_free:
            self.hear()

    def do(self, job: Job) -> Iterator[Result | Ended]:
        """The results of a job as they come, and last that it has ended, if it has; raises what :meth:`hear` raises."""
        self.get_ready()
        self.give(job)
        while heard := self.hear():
            yield heard[1]
            if isinstance(heard[1], Ended):
                return

    def end(self, at_once: bool = False) -> None:
        """Let the process go, in the middle of its job if need be."""
        if not self.is_there:
            return
        self.pipe.close()
        if at_once:
            self._process.terminate()
        self._process.join(LEAVING)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        self.is_there = self.is_free = False


def may_start_others() -> bool:
    """Whether this process may start any; a daemonic one of multiprocessing may not."""
    return not multiprocessing.current_process().daemon


def _refuse_daemon() -> None:
    name = multiprocessing.current_process().name
    if not may_start_others():
        raise UsageError(
            f"{name} is a daemonic process of multiprocessing, as data loaders and task queues have them, and "
            "such a process may start no others: neither workers, nor the one that looks once more at a video over "
            "which a process ended. Call vbench from a process that is no daemon; what was finished is stored."
        )


def _script_is_file() -> bool:
    """Whether the caller's script can be read once more, as one that came by standard input cannot."""
    return Path(getattr(sys.modules["__main__"], "__file__", None) or os.curdir).is_file()


_hiding = Lock()
"""Held while the caller's script is hidden, so that two threads do not keep each other's stand-in for it."""


@contextmanager
def _script_hidden() -> Iterator[None]:
    """Of processes that start now the caller's script is not run: nobody expects that who asked for no workers."""
    with _hiding:
        script = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = script


def how_ended(status: int | None) -> str:
    """How a process ended, by its exit status as Python's multiprocessing has it.

    >>> how_ended(-11), how_ended(1)
    ('it crashed (SIGSEGV)', 'it ended by itself (status 1)')
    """
    if status is None or status >= 0:
        return f"it ended by itself (status {status})"
    name = signal.Signals(-status).name if -status in {*signal.Signals} else f"signal {-status}"
    if name == "SIGKILL":
        return "it was killed, as happens where memory runs out (SIGKILL)"
    return f"it {'was ended from outside' if name in OUTSIDE else 'crashed'} ({name})"


def _serve(
    pipe: Connection,
    prepare: Callable[[], Tool],
    work: Callable[[Tool, Job], Iterable[Result]],
) -> None:
    """What a worker process does: says when it is free, does the next job, and hands on each result."""
    Thread(target=_end_with_parent, daemon=True).start()
    multiprocessing.current_process().daemon = False  # to its caller it is one; a dimension may start processes itself
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of a terminal's processes; the parent answers it
    try:
        tool = prepare()
        pipe.send((FREE, None))
        for job in iter(partial(_next_job, pipe), None):
            for result in work(tool, job):
                pipe.send((RESULT, result))
            pipe.send((FREE, None))
    except Exception as error:
        pipe.send((RAISED, (that_travels(error), traceback.format_exc())))


def _next_job(pipe: Connection) -> Any:
    """What to do next; ``None`` when nobody has anything to do any more."""
    try:
        return pipe.recv()
    except EOFError:
        return None


def that_travels(error: Exception) -> Exception:
    """An error, or what it says, where it cannot be handed to another process."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _end_with_parent() -> None:
    """Leave at once when the process that called is gone, also if it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
