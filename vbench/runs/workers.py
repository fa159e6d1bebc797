"""Several processes that work side by side, each with models of its own.

Workers only compute; the process that called writes what they find, so nothing is shared but results. One that ends at
its job takes nobody with it: whoever called is told how it ended, and another comes in its place.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, TypeVar

from vbench import device as devices
from vbench.worker import Ended, Worker, WorkerDied

if TYPE_CHECKING:
    import torch

Tool = TypeVar("Tool")
Job = TypeVar("Job")
Result = TypeVar("Result")

ENDED_IN_A_ROW = 10
"""Workers that may end, each at another job, while none comes to the end of one."""

OVER_IT = "the process that looked at it, and at nothing else, ended"
"""Why a job has no result that was done alone once more; how it ended follows."""


def threads_each(processes: int) -> int:
    """How many threads each of several processes has, so that they do not get in each other's way.

    Its part of the cores, or what ``OMP_NUM_THREADS`` says; the number shows in the last bits of a matrix product.
    """
    import torch

    threads = torch.get_num_threads()
    return threads if "OMP_NUM_THREADS" in os.environ else max(1, threads // processes)


def computing(prepare: Callable[[torch.device], Tool], device: torch.device, threads: int) -> Callable[[], Tool]:
    """What a worker prepares that computes on a device, with so many threads."""
    return partial(_prepared, prepare, device, threads)


def _prepared(prepare: Callable[[torch.device], Tool], device: torch.device, threads: int) -> Tool:
    import torch

    torch.set_num_threads(threads)
    if device.type == "cpu":
        devices.keep_freed_memory()
    return prepare(device)


def side_by_side(
    prepare: Callable[[torch.device], Tool],
    work: Callable[[Tool, Job], Iterable[Result]],
    jobs: Sequence[Job],
    device: torch.device,
    processes: int,
    threads: int,
    at_work: Callable[[Collection[Job]], None] = lambda jobs: None,
    reads_script: bool = True,
) -> Iterator[tuple[Job, Result | Ended]]:
    """The results of each job as they come, and of one whose process ended that last.

    Args:
        prepare: makes what a process works with; called once in each.
        work: does a job with it.
        jobs: what to do.
        device: where to compute; of several GPUs each process gets the next.
        processes: how many work at the same time.
        threads: that each computes with.
        at_work: is told which jobs are being done, before they are, and what is left of them at the end.
        reads_script: whether they import the caller's script; see :class:`~vbench.worker.Worker`.

    Raises:
        WorkerDied: no process starts, or one after the other ends.
    """
    left = deque(jobs)
    devices_of = (_device_of(device, number) for number in range(min(processes, len(jobs))))
    crew = [Worker(computing(prepare, one, threads), work, reads_script) for one in devices_of]
    given: dict[Worker[Tool, Job, Result], Job] = {}
    ended = 0
    try:
        for worker in crew:
            worker.start()
        while crew:
            for worker in _with_news(crew):
                try:
                    heard = worker.hear()
                except WorkerDied:
                    if len(crew) == 1:
                        raise
                    crew.remove(worker)  # the others do its work
                    continue
                if heard:
                    yield heard
                    ended = ended + 1 if isinstance(heard[1], Ended) else 0
                    _refuse_to_go_on(ended, heard[1])
                if worker.is_free or not worker.is_there:
                    given.pop(worker, None)
                if left and worker.is_free:
                    given[worker] = left.popleft()
                    at_work(given.values())
                    worker.give(given[worker])
                elif left and not worker.is_there:
                    worker.start()
                elif not left and worker not in given:
                    crew.remove(worker)
                    at_work(given.values())
                    worker.end()
    except BaseException:  # nobody waits for what is half done
        for worker in crew:
            worker.end(at_once=True)
        raise


def _with_news(crew: Sequence[Worker[Tool, Job, Result]]) -> list[Worker[Tool, Job, Result]]:
    """Those that have something to say, once one has."""
    said = wait([worker.pipe for worker in crew])
    return [worker for worker in crew if worker.pipe in said]


def _refuse_to_go_on(ended: int, found: object) -> None:
    if ended >= ENDED_IN_A_ROW and isinstance(found, Ended):
        raise WorkerDied(
            f"{ended} worker processes ended one after the other, each at another job, the last so: {found.why}. "
            "What was finished is stored. Call again, with fewer --workers if memory is short: a run looks at these "
            "last then, and goes on with the others. Where no other has a result, a library of this environment may be "
            "broken."
        )


def _device_of(device: torch.device, number: int) -> torch.device:
    """Of several GPUs each process gets the next."""
    import torch

    return torch.device("cuda", number % torch.cuda.device_count()) if str(device) == "cuda" else device
