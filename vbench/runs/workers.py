"""Several processes that work side by side, each with models of its own.

Workers only compute; the process that called writes what they find, so nothing is shared but results. They end when the
caller ends, however that comes about: each watches a pipe that closes with it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from vbench import device as devices
from vbench.errors import VBenchError

if TYPE_CHECKING:
    import torch

Tool = TypeVar("Tool")
Job = TypeVar("Job")
Result = TypeVar("Result")


class WorkerDied(VBenchError):
    """A worker process was ended from outside, as happens when the machine runs out of memory."""


def threads_each(processes: int) -> int:
    """How many threads each of several processes has, so that they do not get in each other's way.

    Its part of the cores, or what ``OMP_NUM_THREADS`` says; the number shows in the last bits of a matrix product.
    """
    import torch

    threads = torch.get_num_threads()
    return threads if "OMP_NUM_THREADS" in os.environ else max(1, threads // processes)


def side_by_side(
    prepare: Callable[[torch.device], Tool],
    work: Callable[[Tool, Job], Result],
    jobs: Sequence[Job],
    device: torch.device,
    processes: int,
    threads: int,
) -> Iterator[Result]:
    """The result of each job, as soon as it is known.

    Args:
        prepare: makes what a process works with; called once in each.
        work: does a job with it.
        jobs: what to do.
        device: where to compute; of several GPUs each process gets the next.
        processes: how many work at the same time.
        threads: that each computes with.

    Raises:
        WorkerDied: a process was killed.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads of several processes share the cores
    context = multiprocessing.get_context("spawn")
    turn = context.Value("i", 0)
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(processes, context, _start, (prepare, device, turn, threads))
    try:
        for done in as_completed([pool.submit(_do, work, job) for job in jobs]):
            yield done.result()
    except BrokenProcessPool as error:
        raise WorkerDied(
            f"One of {processes} worker processes was ended from outside, most likely for want of memory. "
            "What was finished is stored; call again with fewer --workers to continue."
        ) from error
    except BaseException:  # nobody waits for what is half done
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


_here: dict[str, Any] = {}
"""What a worker process works with; set once when it starts."""


def _start(prepare: Callable[[torch.device], Any], device: torch.device, turn: Any, threads: int) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of a terminal's processes; the parent answers it
    import torch

    torch.set_num_threads(threads)
    with turn.get_lock():
        number, turn.value = turn.value, turn.value + 1
    if str(device) == "cuda":
        device = torch.device("cuda", number % torch.cuda.device_count())
    if device.type == "cpu":
        devices.keep_freed_memory()
    _here["tool"] = prepare(device)


def _end_with_parent() -> None:
    """Leave at once when the process that called is gone, also if it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _do(work: Callable[[Any, Any], Any], job: Any) -> Any:
    return work(_here["tool"], job)
