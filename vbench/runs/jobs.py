"""What one process does in one go, and what is left of it where that ends the process."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Set
from dataclasses import replace

from vbench.runs.choose_static import NOT_NEEDED, Candidates
from vbench.runs.long_video import LongVideo
from vbench.runs.one_video import OneVideo
from vbench.runs.plan import VideoTask
from vbench.runs.score_video import blank_row
from vbench.runs.store import FAILED, SCORED, Row

Job = VideoTask | LongVideo | OneVideo | Candidates

Unit = tuple[str, str, str, str]
"""Video, prompt, dimension and cache key: what identifies a row that is wanted."""

ENDED = "ended_its_process"
"""Among the details of a row without a score: the process that looked at the video ended, how nobody can tell."""

NAMED = 3
"""Videos that a message names, at most."""


def unit_of(row: Row) -> Unit:
    """What a row is of."""
    return row.video, row.prompt, row.dimension, row.cache_key


def units_of(task: VideoTask) -> list[Unit]:
    """What is wanted of a video or clip."""
    return [(task.video, task.prompt.text, name, key) for name, key in task.cache_keys.items()]


def without(job: VideoTask | LongVideo, seen: Set[Unit]) -> VideoTask | LongVideo:
    """A job less the units that are done, or that somebody else does."""
    if isinstance(job, LongVideo):
        left = (without(task, seen) for task in job.tasks)
        return replace(job, tasks=tuple(task for task in left if isinstance(task, VideoTask) and task.evaluated))
    return replace(job, cache_keys={unit[2]: unit[3] for unit in units_of(job) if unit not in seen})


def rest_of(job: Job, rows: Collection[Row]) -> Job | None:
    """What is left to do of a job after these rows of it."""
    seen = {unit_of(row) for row in rows}
    if isinstance(job, OneVideo):
        return _rest_of_video(job, seen)
    if isinstance(job, Candidates):
        return _rest_of_candidates(job, rows, seen)
    left = without(job, seen)
    return left if left.evaluated else None


def _rest_of_video(job: OneVideo, seen: Set[Unit]) -> OneVideo | None:
    parts = (replace(part, job=without(part.job, seen)) for part in job.parts)
    left = tuple(part for part in parts if part.job.evaluated)
    return replace(job, parts=left) if left else None


def _rest_of_candidates(job: Candidates, rows: Collection[Row], seen: Set[Unit]) -> Candidates | None:
    known = {**job.known, **{row.video: row.status for row in rows if row.dimension == job.dimension}}
    beside = {path: left for path, one in job.beside.items() if (left := _rest_of_video(one, seen))}
    tasks, keep = deque(job.tasks), job.keep
    while tasks and tasks[0].path not in beside and _is_settled(known.get(tasks[0].video), keep):
        keep -= known[tasks.popleft().video] == SCORED
    return replace(job, tasks=list(tasks), keep=keep, known=known, beside=beside) if tasks else None


def _is_settled(status: str | None, keep: int) -> bool:
    """Whether nothing is left to say of a sample, when so many are still to be judged; of one too many it is said."""
    return status is not None and (keep > 0 or status == NOT_NEEDED)


def first_of(job: Job) -> Job:
    """What of a job is looked at first: of samples that are looked at in turn the next, otherwise all.

    Args:
        job: what :func:`rest_of` says is left.
    """
    if not isinstance(job, Candidates):
        return job
    first = job.tasks[0]
    beside = {path: one for path, one in job.beside.items() if path == first.path}
    return replace(job, tasks=job.tasks[:1], beside=beside)


def given_up(job: Job, why: str) -> list[Row]:
    """Rows that say why what is looked at first has no scores; the next call tries it again."""
    return [
        replace(blank_row(task, name, key), status=FAILED, reason=why, details={ENDED: True})
        for task in _tasks_of(first_of(job))
        for name, key in task.cache_keys.items()
    ]


def contents_of(job: Job) -> set[str]:
    """SHA-256 of the videos that a job looks at."""
    return {task.sha256 for task in _tasks_of(job)}


def told(*jobs: Job) -> str:
    """The videos of jobs, for a message."""
    names = list(dict.fromkeys(task.video for job in jobs for task in _tasks_of(job)))
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _tasks_of(job: Job) -> list[VideoTask]:
    """What a job looks at; of samples those that nobody has looked at, and what goes with them."""
    if isinstance(job, VideoTask):
        return [job]
    if isinstance(job, LongVideo):
        return list(job.tasks)
    if isinstance(job, OneVideo):
        return [task for part in job.parts for task in _tasks_of(part.job)]
    own = [task for task in job.tasks if job.keep and task.video not in job.known]
    return [*own, *(task for one in job.beside.values() for task in _tasks_of(one))]
