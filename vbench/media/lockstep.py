"""Several pieces of work go through one video together, so that what is not kept in memory is decoded once for all.

Each piece is an ordinary function that yields results and takes what it wants from the video: passes over its frames,
single frames, kept features. They run in threads of their own, of which one alone is ever at work: it goes on until it
needs frames that are not there yet, or a feature that another is making. When none can go on, some more frames are
decoded and handed to all that follow this pass; when nobody follows it any more, those that wait for a new one begin
it together. So what a piece of work sees, and says, is what it would alone, and no more frames are held than a few
handfuls and what each piece keeps for itself. While they work, another thread decodes the next handful.
"""

from __future__ import annotations

import ctypes
import queue
import threading
import time
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

from vbench.media.decode import Frame
from vbench.media.video import DEFAULT_BUDGET, Video

T = TypeVar("T")
R = TypeVar("R")

HANDFUL = 16
"""Frames that are handed out together, at most."""

PART_OF_BUDGET = 8
"""A handful takes no more than one part in so many of the budget."""


HEARING = 0.5
"""Seconds after which the thread that waits for a piece of work hears a signal that another thread was given."""


class Ended(BaseException):
    """Thrown into a piece of work that nobody waits for any more."""


class SharedVideo(Video):
    """A video of which the passes are shared by all that work in lockstep; for anybody else an ordinary one."""

    def __init__(self, path: str | Path, budget: int = DEFAULT_BUDGET) -> None:
        super().__init__(path, budget)
        self._making: set[Hashable] = set()

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """See :meth:`Video.memo`; what another piece of work is making is waited for."""
        if (me := _worker_on(self)) and key in self._making:
            me.ask(Feature(key))
        if key in self._memo or key in self._making:  # being made by oneself: as it would be alone
            return super().memo(key, make)
        self._making.add(key)
        try:
            return super().memo(key, make)
        finally:
            self._making.discard(key)

    def is_making(self, wish: Feature) -> bool:
        """Whether a piece of work is making the feature that another wishes for."""
        return wish.key in self._making

    def decoded(self) -> Iterator[Frame]:
        """Its frames, for those who hand them out."""
        yield from super()._frames()

    def _frames(self) -> Iterator[Frame]:
        me = _worker_on(self)
        if me is None or self._kept is not None:
            yield from super()._frames()
            return
        seen, which = 0, None
        while True:
            some: Handful | None = me.ask(Frames(which, seen))
            if some is None:  # the others have gone on without us
                yield from islice(super()._frames(), seen, None)
                return
            if not some.frames:
                return
            which = some.which
            for frame in some.frames:
                seen += 1
                yield frame


class Frames:
    """A wish for the frames of a pass from one on.

    Attributes:
        which: number of the pass; ``None`` for a new one.
        start: of the first frame that is wanted.
    """

    def __init__(self, which: int | None, start: int) -> None:
        self.which, self.start = which, start


class Feature:
    """A wish that a kept feature be made.

    Attributes:
        key: of the feature.
    """

    def __init__(self, key: Hashable) -> None:
        self.key = key


class Handful:
    """The next frames of a pass; none after its last.

    Attributes:
        which: number of the pass.
        frames: in the order of time.
    """

    def __init__(self, which: int, frames: Sequence[Frame]) -> None:
        self.which, self.frames = which, frames


class Worker(Generic[R]):
    """A piece of work in a thread of its own, which runs only while it is told to.

    Args:
        work: yields results.
        video: that it shares; of any other it has its own passes.

    Attributes:
        done: whether it has come to its end.
        wish: what it waits for.
        waited: seconds in which it waited for others.
    """

    def __init__(self, work: Callable[[], Iterable[R]], video: SharedVideo) -> None:
        import torch

        self.work, self.video, self.threads = work, video, torch.get_num_threads()
        self.done = False
        self.wish: Frames | Feature | None = None
        self.waited = 0.0
        self._results: list[R] = []
        self._failure: BaseException | None = None
        self._answer: Any = None
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def go_on(self, answer: Any = None) -> list[R]:
        """Let it work with what it wished for, until it wishes for something else or is done; returns its results.

        Raises:
            BaseException: whatever the work raised.
        """
        self._answer, self.wish = answer, None
        if self._thread.ident is None:
            self._thread.start()
        self._go.release()
        while not self._back.acquire(timeout=HEARING):
            pass
        if self._failure is not None:
            raise self._failure
        results, self._results = self._results, []
        return results

    def ask(self, wish: Frames | Feature) -> Any:
        """Wait for something; called by the work itself."""
        begun = time.perf_counter()
        self.wish = wish
        self._back.release()
        self._go.acquire()
        self.waited += time.perf_counter() - begun
        if isinstance(self._answer, BaseException):
            raise self._answer
        return self._answer

    def end(self) -> None:
        """Have it stop, in the middle of a computation too, and wait until it has."""
        if self._thread.ident is None or self.done:
            return
        if self.wish is None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread.ident), ctypes.py_object(Ended))
        self._answer = Ended()
        self._go.release()
        self._thread.join()

    def _run(self) -> None:
        import torch

        _local.worker = self
        torch.set_num_threads(self.threads)  # of its own; else what it computes could differ in the last bits
        self._go.acquire()
        try:
            for result in self.work():
                self._results.append(result)
        except Ended:
            pass
        except BaseException as error:
            self._failure = error
        self.done = True
        self._back.release()


_local = threading.local()


def _here() -> Worker[Any] | None:
    """The piece of work whose thread this is."""
    return getattr(_local, "worker", None)


def _worker_on(video: SharedVideo) -> Worker[Any] | None:
    """The piece of work whose thread this is, if it shares that video."""
    me = _here()
    return me if me and me.video is video else None


def waited() -> float:
    """Seconds for which the piece of work that asks has waited for others; 0 outside of any."""
    me = _here()
    return me.waited if me else 0.0


def in_lockstep(video: SharedVideo, works: Sequence[Callable[[], Iterable[R]]]) -> Iterator[R]:
    """The results of all pieces of work, each soon after it is there.

    Args:
        video: that they go through.
        works: what is done with it.

    Raises:
        BaseException: what one of them raised; the others are ended then, as when nobody asks for more results.
    """
    workers = [Worker(work, video) for work in works]
    with closing(_Passes(video)) as passes:
        try:
            for worker in workers:
                yield from worker.go_on()
            while left := [worker for worker in workers if not worker.done]:
                for worker, answer in _able(left, video, passes):
                    yield from worker.go_on(answer)
        finally:
            for worker in workers:
                worker.end()


def _able(
    workers: Sequence[Worker[R]], video: SharedVideo, passes: _Passes
) -> Iterator[tuple[Worker[R], Handful | BaseException | None]]:
    """Who can go on now, and with what: never nobody."""
    for_features = {worker: worker.wish for worker in workers if isinstance(worker.wish, Feature)}
    for_frames = {worker: worker.wish for worker in workers if isinstance(worker.wish, Frames)}
    made = [worker for worker, wish in for_features.items() if not video.is_making(wish)]
    late = [worker for worker, wish in for_frames.items() if wish.which is not None and not passes.is_next(wish)]
    following = [worker for worker, wish in for_frames.items() if passes.is_next(wish)]
    if made or late:
        yield (made or late)[0], None
    elif following or for_frames:
        some = passes.go_on() if following else passes.begin()
        for worker in following or for_frames:
            yield worker, some
    else:
        yield next(iter(for_features)), None  # whoever was making it waits as well: it is made twice


class _Passes:
    """The passes over a video, one after the other, decoded ahead by another thread."""

    def __init__(self, video: SharedVideo) -> None:
        self.video = video
        self.which, self.position = 0, 0
        self._coming: Generator[list[Frame], None, None] | None = None

    def is_next(self, wish: Frames) -> bool:
        """Whether what somebody wishes for is what comes next in the pass that is going on."""
        return self._coming is not None and (wish.which, wish.start) == (self.which, self.position)

    def begin(self) -> Handful | BaseException:
        """The first handful of a new pass."""
        self.close()
        self.which, self.position = self.which + 1, 0
        self._coming = ahead(lambda: _handfuls(self.video))
        return self.go_on()

    def go_on(self) -> Handful | BaseException:
        """The next handful, or what kept it from being decoded."""
        assert self._coming is not None
        try:
            some = Handful(self.which, next(self._coming, []))
        except Exception as error:
            self.close()
            return error
        self.position += len(some.frames)
        if not some.frames:
            self.close()
        return some

    def close(self) -> None:
        """Leave the pass that is going on."""
        if self._coming is not None:
            self._coming.close()
            self._coming = None


def _handfuls(video: SharedVideo) -> Iterator[list[Frame]]:
    frames = video.decoded()
    first = next(frames)
    count = max(1, min(HANDFUL, video.budget // PART_OF_BUDGET // first.nbytes))
    some = [first, *islice(frames, count - 1)]
    while some:
        yield some
        some = list(islice(frames, count))


def ahead(make: Callable[[], Iterator[T]]) -> Generator[T, None, None]:
    """What an iterator gives, while another thread makes the next item."""
    items: queue.Queue[tuple[str, Any]] = queue.Queue(1)
    stopped = threading.Event()

    def put(*item: Any) -> bool:
        while not stopped.is_set():
            with suppress(queue.Full):
                items.put(item, timeout=0.1)
                return True
        return False

    def work() -> None:
        try:
            for item in make():
                if not put("item", item):
                    return
            put("end", None)
        except BaseException as error:
            put("error", error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            kind, item = items.get()
            if kind == "error":
                raise item
            if kind == "end":
                return
            yield item
    finally:
        stopped.set()
        thread.join()
