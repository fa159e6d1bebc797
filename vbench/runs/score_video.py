"""One visit: every outstanding dimension looks at one video, sharing its frames and features."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vbench.errors import CheckpointError, MissingExtra, NotApplicable, TooShort, Unavailable, VideoError
from vbench.files.digest import content_of
from vbench.media.video import Video
from vbench.runs.plan import Visit
from vbench.runs.store import FAILED, NOT_APPLICABLE, SCORED, TOO_SHORT, UNREADABLE, Row

if TYPE_CHECKING:
    from vbench.dimensions.base import Dimension
    from vbench.runs.evaluators import Evaluators

NOT_EVALUATED = "not_evaluated"
"""Status of a unit whose dimension cannot work here at all; told to the run, never stored."""


DAMAGE = "damage"
"""Among a row's details: what is wrong with a video that decodes all the same."""


@dataclass(frozen=True)
class Task:
    """What is left to do at one video.

    Attributes:
        visit: the video and its prompt.
        content: SHA-256 of the video.
        units: outstanding dimensions with the identities of their results.
    """

    visit: Visit
    content: str
    units: Mapping[str, str]


def blank_row(visit: Visit, dimension: str, identity: str, content: str) -> Row:
    """The row of a unit before its result is known."""
    prompt = visit.prompt
    return Row(visit.video, prompt.text, dimension, identity, content, prompt.category, dict(prompt.facts))


def look(task: Task, crew: Evaluators, budget: int) -> Iterator[Row]:
    """A row per outstanding dimension, each as soon as it is known."""
    video = Video(task.visit.path, budget)
    for name, identity in task.units.items():
        row = blank_row(task.visit, name, identity, task.content)
        try:
            dimension = crew.dimension(name)
        except (CheckpointError, MissingExtra) as error:
            yield replace(row, status=NOT_EVALUATED, reason=str(error))
            continue
        started = time.perf_counter()
        row = _marked(_settled(_scored(row, dimension, video, task.visit), task), video)
        yield replace(row, seconds=round(time.perf_counter() - started, 4))


def failed_row(visit: Visit, dimension: str, error: Exception) -> Row:
    """The row of a unit whose file could not even be read; the next call tries again."""
    return replace(blank_row(visit, dimension, "", ""), status=FAILED, reason=described(error))


def described(error: Exception) -> str:
    """What happened, for people: the system's words for the system's errors."""
    if isinstance(error, VideoError):
        return str(error)
    words = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {words or error}"


def _scored(row: Row, dimension: Dimension, video: Video, visit: Visit) -> Row:
    if dimension.needs and dimension.needs not in visit.prompt.facts:
        reason = f"the prompt {visit.prompt.text!r} brings no facts for {dimension.needs}"
        return replace(row, status=NOT_APPLICABLE, reason=reason)
    try:
        score = dimension.score(video, visit.prompt)
    except Unavailable as error:
        return replace(row, status=FAILED, reason=str(error))
    except VideoError as error:
        return replace(row, status=UNREADABLE, reason=str(error))
    except TooShort as error:
        return replace(row, status=TOO_SHORT, reason=str(error))
    except NotApplicable as error:
        return replace(row, status=NOT_APPLICABLE, reason=str(error))
    except Exception as error:  # one video must never end a run of hours; what happened is recorded
        return replace(row, status=FAILED, reason=described(error))
    frames = [float(frame) for frame in score.frames]
    return replace(
        row, value=float(score.value), weight=float(score.weight), frames=frames, details=dict(score.details)
    )


def _settled(row: Row, task: Task) -> Row:
    """What was found holds for the bytes that the plan saw; of others, or of none, nothing is final."""
    if row.status == FAILED:
        return row
    try:
        if content_of(task.visit.path) == task.content:
            return row
        reason = "the file changed while it was looked at"
    except OSError as error:
        if row.status == SCORED:  # all of it was read before it went
            return row
        reason = f"the file went while it was looked at ({described(error)})"
    return replace(row, status=FAILED, value=None, weight=None, frames=(), details={}, reason=reason)


def _marked(row: Row, video: Video) -> Row:
    """The row with the video's format, and with what is wrong with its file although it decodes."""
    try:
        form = f"{video.size[1]}x{video.size[0]}, {video.fps:g} fps, {video.frame_count} frames"
        damage = {DAMAGE: video.damage} if video.damage else {}
    except VideoError:
        return row
    return replace(row, format=form, details={**row.details, **damage})
