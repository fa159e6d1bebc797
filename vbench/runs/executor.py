"""Who scores the videos: this process, or several that each hold their own backbones.

Workers only compute; the process that called writes the store, so nothing is shared but rows. Each keeps the number of
threads that one process would have: it shows in the last bits of a matrix product. They end when it ends, however that
comes about: each watches a pipe that closes with it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from threading import Thread
from typing import TYPE_CHECKING, Any

from vbench.errors import VBenchError
from vbench.runs.choose_static import Candidates
from vbench.runs.long_video import LongVideo
from vbench.runs.one_video import OneVideo, Part
from vbench.runs.plan import VideoTask

if TYPE_CHECKING:
    from vbench.runs.cluster import Cluster
    from vbench.runs.evaluators import Evaluators
    from vbench.runs.store import Row


class WorkerDied(VBenchError):
    """A worker process was ended from outside, as happens when the machine runs out of memory."""


Job = VideoTask | LongVideo | OneVideo | Candidates
"""What one process does in one go."""


def score_all(
    tasks: Sequence[Job], evaluators: Evaluators, budget: int, processes: int = 1, cluster: Cluster | None = None
) -> Iterator[Row]:
    """The rows of all tasks, each as soon as it is known.

    Args:
        tasks: what to do, grouped so that neighbours need the same dimensions.
        evaluators: who looks; with several processes each gets a copy, on the next GPU where there are several.
        budget: bytes of decoded frames to keep per video.
        processes: how many work at the same time.
        cluster: whose workers look instead.

    Raises:
        WorkerDied: a process was killed; what is stored by then stays.
    """
    if cluster:
        yield from cluster.score_all(tasks, evaluators, budget)
    elif processes == 1:
        for task in tasks:
            yield from rows_of(task, evaluators, budget)
    else:
        yield from _side_by_side(tasks, evaluators, budget, processes)


def _side_by_side(tasks: Sequence[Job], evaluators: Evaluators, budget: int, processes: int) -> Iterator[Row]:
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads of several processes share the cores
    context = multiprocessing.get_context("spawn")
    turn = context.Value("i", 0)
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(processes, context, _start, (evaluators, budget, turn))
    try:
        for done in as_completed([pool.submit(_score, task) for task in tasks]):
            yield from done.result()
    except BrokenProcessPool as error:
        raise WorkerDied(
            f"One of {processes} worker processes was ended from outside, most likely for want of memory. "
            "What was scored is stored; call again with fewer --workers to continue."
        ) from error
    except BaseException:  # nobody waits for what is half done
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


_here: dict[str, Any] = {}
"""The evaluators and the budget of a worker process; set once when it starts."""


def _start(evaluators: Evaluators, budget: int, turn: Any) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of a terminal's processes; the parent answers it
    import torch

    with turn.get_lock():
        number, turn.value = turn.value, turn.value + 1
    if str(evaluators.device) == "cuda":
        evaluators.device = torch.device("cuda", number % torch.cuda.device_count())
    _here.update(evaluators=evaluators, budget=budget)


def _end_with_parent() -> None:
    """Leave at once when the process that called is gone, also if it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _score(task: Job) -> list[Row]:
    return list(rows_of(task, _here["evaluators"], _here["budget"]))


def rows_of(task: Job, evaluators: Evaluators, budget: int) -> Iterator[Row]:
    """The rows of a task; only what it needs stays loaded, so that memory is that of the neediest task, not of all."""
    evaluators.keep_only(task.evaluated)
    alone = OneVideo(task.path, (Part(0, task),)) if isinstance(task, VideoTask) else task
    return alone.rows(evaluators, budget)
