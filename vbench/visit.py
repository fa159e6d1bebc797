"""One visit: every outstanding dimension looks at one video, sharing its frames and features."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vbench.errors import CheckpointError, MissingExtra, NotApplicable, TooShort, VideoError
from vbench.plan import Visit
from vbench.store import FAILED, NOT_APPLICABLE, TOO_SHORT, UNREADABLE, Row
from vbench.video import Video

if TYPE_CHECKING:
    from vbench.crew import Crew
    from vbench.dimensions.base import Dimension, VideoScore

NOT_EVALUATED = "not_evaluated"
"""Status of a unit whose dimension cannot work here at all; told to the run, never stored."""


@dataclass(frozen=True)
class Task:
    """What is left to do at one video.

    Attributes:
        visit: the video and its prompt.
        units: outstanding dimensions with the identities of their results.
    """

    visit: Visit
    units: Mapping[str, str]


def look(task: Task, crew: Crew, budget: int) -> Iterator[Row]:
    """A row per outstanding dimension, each as soon as it is known."""
    video = Video(task.visit.path, budget)
    for name, identity in task.units.items():
        try:
            dimension = crew.dimension(name)
        except (CheckpointError, MissingExtra) as error:
            yield _without(task.visit, name, identity, NOT_EVALUATED, str(error))
            continue
        started = time.perf_counter()
        row = _row(dimension, video, task.visit, identity)
        yield replace(row, seconds=round(time.perf_counter() - started, 4))


def row_of(visit: Visit, dimension: str, identity: str, result: VideoScore | Row) -> Row:
    """A result, fresh or stored before under another path, as this visit's row."""
    if isinstance(result, Row):
        return replace(result, video=visit.video, prompt=visit.prompt.text, category=visit.prompt.category)
    return Row(
        video=visit.video,
        prompt=visit.prompt.text,
        dimension=dimension,
        identity=identity,
        category=visit.prompt.category,
        value=result.value,
        weight=result.weight,
        frames=[float(frame) for frame in result.frames],
        details=dict(result.details),
    )


def _row(dimension: Dimension, video: Video, visit: Visit, identity: str) -> Row:
    name = dimension.name
    if dimension.needs and dimension.needs not in visit.prompt.facts:
        reason = f"the prompt {visit.prompt.text!r} brings no facts for {dimension.needs}"
        return _without(visit, name, identity, NOT_APPLICABLE, reason)
    try:
        return row_of(visit, name, identity, dimension.score(video, visit.prompt))
    except VideoError as error:
        return _without(visit, name, identity, UNREADABLE, str(error))
    except TooShort as error:
        return _without(visit, name, identity, TOO_SHORT, str(error))
    except NotApplicable as error:
        return _without(visit, name, identity, NOT_APPLICABLE, str(error))
    except Exception as error:  # one video must never end a run of hours; what happened is recorded
        return _without(visit, name, identity, FAILED, f"{type(error).__name__}: {error}")


def _without(visit: Visit, dimension: str, identity: str, status: str, reason: str) -> Row:
    return Row(visit.video, visit.prompt.text, dimension, identity, visit.prompt.category, status, reason=reason)
