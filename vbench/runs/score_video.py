"""One visit: every outstanding dimension looks at one video, sharing its frames and features."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vbench.errors import CheckpointError, MissingExtra, NotApplicable, TooShort, VideoError
from vbench.media.video import Video
from vbench.runs.plan import Visit
from vbench.runs.store import FAILED, NOT_APPLICABLE, TOO_SHORT, UNREADABLE, Row

if TYPE_CHECKING:
    from vbench.dimensions.base import Dimension
    from vbench.runs.evaluators import Evaluators

NOT_EVALUATED = "not_evaluated"
"""Status of a unit whose dimension cannot work here at all; told to the run, never stored."""


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
        row = _scored(row, dimension, video, task.visit)
        yield replace(row, format=_format(video), seconds=round(time.perf_counter() - started, 4))


def _scored(row: Row, dimension: Dimension, video: Video, visit: Visit) -> Row:
    try:
        score = dimension.judged(video, visit.prompt)
    except VideoError as error:
        return replace(row, status=UNREADABLE, reason=str(error))
    except TooShort as error:
        return replace(row, status=TOO_SHORT, reason=str(error))
    except NotApplicable as error:
        return replace(row, status=NOT_APPLICABLE, reason=str(error))
    except Exception as error:  # one video must never end a run of hours; what happened is recorded
        return replace(row, status=FAILED, reason=f"{type(error).__name__}: {error}")
    frames = [float(frame) for frame in score.frames]
    return replace(
        row, value=float(score.value), weight=float(score.weight), frames=frames, details=dict(score.details)
    )


def _format(video: Video) -> str:
    try:
        return f"{video.size[1]}x{video.size[0]}, {video.fps:g} fps, {video.frame_count} frames"
    except VideoError:
        return ""
