"""Who scores the videos: this process, or several that each hold their own backbones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from vbench.runs.choose_static import Candidates
from vbench.runs.long_video import LongVideo
from vbench.runs.one_video import OneVideo, Part
from vbench.runs.plan import VideoTask
from vbench.runs.read_ahead import read_ahead
from vbench.runs.workers import side_by_side, threads_each

if TYPE_CHECKING:
    import torch

    from vbench.media.lockstep import SharedVideo
    from vbench.runs.cluster import Cluster
    from vbench.runs.evaluators import Evaluators
    from vbench.runs.store import Row


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
        processes: how many work at the same time; one alone reads the next video while it scores one.
        cluster: whose workers look instead.

    Raises:
        WorkerDied: a process was killed; what is stored by then stays.
    """
    if cluster:
        yield from cluster.score_all(tasks, evaluators, budget)
    elif processes == 1:
        for job, video in read_ahead([_alone(task) for task in tasks], budget):
            yield from rows_of(job, evaluators, budget, video)
    else:
        yield from _side_by_side(tasks, evaluators, budget, processes)


def _side_by_side(tasks: Sequence[Job], evaluators: Evaluators, budget: int, processes: int) -> Iterator[Row]:
    place, score, threads = partial(_placed, evaluators), partial(_score, budget), threads_each(processes)
    for rows in side_by_side(place, score, tasks, evaluators.device, processes, threads):
        yield from rows


def _placed(evaluators: Evaluators, device: torch.device) -> Evaluators:
    evaluators.device = device
    return evaluators


def _score(budget: int, evaluators: Evaluators, task: Job) -> list[Row]:
    return list(rows_of(task, evaluators, budget))


def rows_of(job: Job, evaluators: Evaluators, budget: int, video: SharedVideo | None = None) -> Iterator[Row]:
    """The rows of a job; only what it needs stays loaded, so that memory is that of the neediest job, not of all.

    Args:
        job: what to do.
        evaluators: who looks.
        budget: bytes of decoded frames to keep per video.
        video: that of the job, where it is open already.
    """
    evaluators.keep_only(job.evaluated)
    whole = _alone(job)
    return whole.rows(evaluators, budget, video) if isinstance(whole, OneVideo) else whole.rows(evaluators, budget)


def _alone(job: Job) -> LongVideo | OneVideo | Candidates:
    """What one run wants of a video, as what is done of the video."""
    return OneVideo(job.path, (Part(0, job),)) if isinstance(job, VideoTask) else job
