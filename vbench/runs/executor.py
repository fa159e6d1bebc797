"""Who scores the videos: this process, or several that each hold their own backbones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from vbench.patience import Patience
from vbench.runs.at_work import AtWork
from vbench.runs.choose_static import Candidates
from vbench.runs.jobs import Job, first_of, given_up, rest_of, told
from vbench.runs.long_video import LongVideo
from vbench.runs.one_video import OneVideo, Part
from vbench.runs.plan import VideoTask
from vbench.runs.read_ahead import read_ahead
from vbench.runs.workers import OVER_IT, computing, side_by_side, threads_each
from vbench.worker import Ended, Worker, may_start_others

if TYPE_CHECKING:
    import torch

    from vbench.media.lockstep import SharedVideo
    from vbench.runs.cluster import Cluster
    from vbench.runs.evaluators import Evaluators
    from vbench.runs.store import Row


def score_all(
    jobs: Sequence[Job],
    evaluators: Evaluators,
    budget: int,
    at_work: AtWork,
    note: Callable[[str], None] = lambda text: None,
    processes: int = 1,
    cluster: Cluster | None = None,
    risky: Sequence[Job] = (),
) -> Iterator[Row]:
    """The rows of all jobs, each as soon as it is known.

    Args:
        jobs: what to do, grouped so that neighbours need the same dimensions.
        evaluators: who looks; with several processes each gets a copy, on the next GPU where there are several.
        budget: bytes of decoded frames to keep per video.
        at_work: is told which videos are looked at.
        note: is told what a person should read.
        processes: how many work at the same time; one alone is this process, which reads the next video while it scores
            one, but for a run that a video has ended before.
        cluster: whose workers look instead.
        risky: jobs that come last, one after the other in a process that may end over them.

    Raises:
        WorkerDied: no worker starts, or all end; what is stored by then stays.
    """
    if cluster:
        yield from cluster.score_all([*jobs, *risky], evaluators, budget, note)
        return
    with Patience(note) as patience:
        yield from _score_all(jobs, evaluators, budget, at_work, patience, note, processes, risky)


def _score_all(
    jobs: Sequence[Job],
    evaluators: Evaluators,
    budget: int,
    at_work: AtWork,
    patience: Patience,
    note: Callable[[str], None],
    processes: int,
    risky: Sequence[Job],
) -> Iterator[Row]:
    place, score = partial(_placed, evaluators), partial(_score, budget)
    threads = threads_each(processes)
    left: list[Job] = []

    def done_now(given: Collection[Job]) -> None:
        at_work.now(given)
        patience.wait_for(map(told, given))

    reads_script = processes > 1
    if processes == 1 and not (risky and may_start_others()):
        yield from _here(jobs, evaluators, budget, at_work, patience)
    else:
        found_by = side_by_side(place, score, jobs, evaluators.device, processes, threads, done_now, reads_script)
        for job, found in found_by:
            patience.heard(told(job))
            if not isinstance(found, Ended):
                yield found
            elif rest := rest_of(job, found.before):
                note(f"{told(rest)}: {found.why}; looked at once more, alone, when the rest is done")
                at_work.later([rest])
                left.append(rest)
    if left or risky:
        prepare = computing(place, evaluators.device, threads)
        with Worker(prepare, score, reads_script) as worker:
            for job in [*left, *risky]:
                yield from _alone(job, worker, at_work, patience)
                at_work.done(job)


def _here(
    jobs: Sequence[Job], evaluators: Evaluators, budget: int, at_work: AtWork, patience: Patience
) -> Iterator[Row]:
    """The rows of jobs that this process does, while it reads the next video."""
    whole = [_of_video(job) for job in jobs]
    patience.wait_for(map(told, whole[:1]))
    for place, (job, video) in enumerate(read_ahead(whole, budget)):
        at_work.now(whole[place : place + 2])
        for row in rows_of(job, evaluators, budget, video):
            patience.heard(told(job))
            yield row
        patience.wait_for(map(told, whole[place + 1 : place + 2]))


def _alone(job: Job, worker: Worker[Evaluators, Job, Row], at_work: AtWork, patience: Patience) -> Iterator[Row]:
    """The rows of a job that one worker does while nobody else works; what ends it, too, is given up."""
    at_work.now([first_of(job)], alone=True)
    patience.wait_for([told(job)])
    for found in worker.do(job):
        patience.heard(told(job))
        if not isinstance(found, Ended):
            at_work.now([job])
            yield found
        elif rest := rest_of(job, found.before):
            lost = given_up(rest, f"{OVER_IT}: {found.why}")
            yield from lost
            if others := rest_of(rest, lost):
                yield from _alone(others, worker, at_work, patience)


def _placed(evaluators: Evaluators, device: torch.device) -> Evaluators:
    evaluators.device = device
    return evaluators


def _score(budget: int, evaluators: Evaluators, job: Job) -> Iterator[Row]:
    return rows_of(job, evaluators, budget)


def rows_of(job: Job, evaluators: Evaluators, budget: int, video: SharedVideo | None = None) -> Iterator[Row]:
    """The rows of a job; only what it needs stays loaded, so that memory is that of the neediest job, not of all.

    Args:
        job: what to do.
        evaluators: who looks.
        budget: bytes of decoded frames to keep per video.
        video: that of the job, where it is open already.
    """
    evaluators.keep_only(job.evaluated)
    whole = _of_video(job)
    return whole.rows(evaluators, budget, video) if isinstance(whole, OneVideo) else whole.rows(evaluators, budget)


def _of_video(job: Job) -> LongVideo | OneVideo | Candidates:
    """What one run wants of a video, as what is done of the video."""
    return OneVideo(job.path, (Part(0, job),)) if isinstance(job, VideoTask) else job
