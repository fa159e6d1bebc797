"""Files are looked at in a process of its own, so that one that crashes a decoder ends nobody's work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from vbench.errors import Unavailable
from vbench.patience import Patience
from vbench.worker import Ended, Worker, may_start_others, that_travels

T = TypeVar("T")

Held = tuple[Any, ...]

Job = tuple[Callable[..., Iterable[Any]], Path, tuple[Any, ...]]


@dataclass(frozen=True)
class _Raised:
    """What a look ended in; the process goes on."""

    error: Exception


class _Kept:
    """A process that has nothing prepared, for one after the other."""

    def __init__(self) -> None:
        self.worker = Worker[Held, Job, Any](tuple, _seen, reads_script=False, keeps=False)
        self.is_lent = False


_kept: ContextVar[_Kept | None] = ContextVar("kept", default=None)


@contextmanager
def one_process() -> Iterator[None]:
    """As long as the block runs, all that looks at files, one after the other, does so in the same process.

    A process takes seconds to start. It begins with the first file, and ends with the block.
    """
    kept = _Kept()
    before = _kept.set(kept)
    try:
        with kept.worker:
            yield
    finally:
        _kept.reset(before)


class Apart:
    """A process that looks at one file after the other; it starts with the first, and anew after one that ended it.

    Looks, what they are given and what they say are pickled. In a daemonic process of multiprocessing, which may start
    no other, files are looked at in that process.

    Args:
        prepare: makes what a look is given before the path, once in each process; nothing by default.
    """

    def __init__(self, prepare: Callable[[], Held] = tuple) -> None:
        self._prepare = prepare
        self._worker = Worker[Held, Job, Any](prepare, _seen, reads_script=False, keeps=False)
        self._patience = Patience()
        self._held: Held | None = None
        self._borrowed: _Kept | None = None

    def __enter__(self) -> Self:
        """The process itself, which ends with the block, or with that of :func:`one_process`."""
        self._patience.__enter__()
        kept = _kept.get()
        if kept and self._prepare is tuple and not kept.is_lent:
            self._borrowed, self._worker, kept.is_lent = kept, kept.worker, True
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """End it."""
        self._patience.__exit__()
        if self._borrowed:
            self._borrowed.is_lent = False
        else:
            self._worker.end(at_once=kind is not None)

    def get_ready(self) -> None:
        """Have all prepared before the first file comes; raises what ``prepare`` raises."""
        if may_start_others():
            self._worker.get_ready()
        elif self._held is None:
            self._held = self._prepare()

    def __call__(self, look: Callable[..., T], path: Path, *more: Any) -> T:
        """What ``look(path, *more)`` returns.

        Raises:
            Unavailable: the process ended over the file, how the message says; another time it may not.
            Exception: what ``look`` raises.
        """
        (found,) = self.each(_Once(look), path, *more)
        return cast("T", found)

    def each(self, look: Callable[..., Iterable[T]], path: Path, *more: Any) -> Iterator[T]:
        """What ``look(path, *more)`` gives, one after the other as it comes; raises what :meth:`__call__` does."""
        self.get_ready()
        if self._held is not None:
            yield from look(*self._held, path, *more)
            return
        with suppress(OSError):  # what it is over, the process finds again
            os.fspath(path)  # of an address: whoever is told of what is fetched, is told by this process
        self._patience.wait_for([str(path)])
        raised, whole = None, False
        try:
            for found in self._worker.do((look, path, more)):
                self._patience.heard(str(path))
                if isinstance(found, Ended):
                    raise Unavailable(f"{path} ended the process that looked at it: {found.why}")
                if isinstance(found, _Raised):
                    raised = found.error
                else:
                    yield found
            whole = True
        finally:
            self._patience.wait_for([])
            if not whole:  # nobody waits for the rest
                self._worker.end(at_once=True)
        if raised:
            raise raised


def once_apart(look: Callable[..., T], path: Path, *more: Any) -> T:
    """The same for one file alone; see :meth:`Apart.__call__`."""
    with Apart() as apart:
        return apart(look, path, *more)


@dataclass(frozen=True)
class _Once:
    """A look that says one thing."""

    look: Callable[..., Any]

    def __call__(self, *given: Any) -> Iterator[Any]:
        yield self.look(*given)


def _seen(held: Held, job: Job) -> Iterator[Any]:
    look, path, more = job
    try:
        yield from look(*held, path, *more)
    except Exception as error:
        yield _Raised(that_travels(error))
