"""One video: every outstanding dimension looks at it, sharing its frames and features."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vbench.dimensions.facts import demand_facts
from vbench.errors import (
    CheckpointError,
    MissingExtra,
    NotApplicable,
    NotStatic,
    PluginError,
    TooShort,
    Unavailable,
    VideoError,
)
from vbench.files.digest import content_of
from vbench.media.decode import is_picture
from vbench.media.lockstep import waited
from vbench.media.video import Video
from vbench.runs.plan import VideoTask
from vbench.runs.room import AT_ONCE, with_room
from vbench.runs.store import FAILED, NOT_APPLICABLE, NOT_STATIC, SCORED, TOO_SHORT, UNREADABLE, Row

if TYPE_CHECKING:
    from vbench.prompts.suite import Prompt
    from vbench.runs.evaluators import Evaluators

NOT_EVALUATED = "not_evaluated"
"""Status of a unit whose dimension cannot work here at all; told to the run, never stored."""


DAMAGE = "damage"
"""Among a row's details: what is wrong with a video that decodes all the same."""


PICTURE, PICTURE_CONTENT = "image", "image_sha256"
"""Among a row's details: the picture that the video was held against, and its content."""

GROUP, CLIPS, SPANS = "clips_of", "clips", "spans"
"""Among a clip's details: whose clips are compared with each other, how many these are, and which frames were seen."""


def blank_row(task: VideoTask, dimension: str, cache_key: str) -> Row:
    """The row of a unit before its result is known."""
    prompt = task.prompt
    return Row(task.video, prompt.text, dimension, cache_key, task.sha256, prompt.category, dict(prompt.facts))


def score_video(
    task: VideoTask, evaluators: Evaluators, budget: int, video: Video | None = None, damage: str = ""
) -> Iterator[Row]:
    """A row per outstanding dimension, each as soon as it is known.

    Args:
        task: what to look at.
        evaluators: who looks.
        budget: bytes of decoded frames to keep.
        video: what is looked at, where it is no file of its own but a clip.
        damage: what is wrong with the clip's frames although they decode.
    """
    video = video or Video(task.path, budget)
    for name, cache_key in task.cache_keys.items():
        row = blank_row(task, name, cache_key)
        try:
            with_room(partial(evaluators.dimension, name), name, evaluators)
        except (CheckpointError, MissingExtra, PluginError) as error:
            yield replace(row, status=NOT_EVALUATED, reason=str(error))
            continue
        except Unavailable as error:
            yield replace(row, status=FAILED, reason=str(error))
            continue
        started = time.perf_counter() - waited()
        seen = _looked_at(task, name, evaluators)
        row = _settled(_scored(row, name, evaluators, video, task.prompt), seen)
        if PICTURE in row.details and task.prompt.image in seen:
            row = replace(row, details={**row.details, PICTURE_CONTENT: seen[task.prompt.image]})
        row = _of_clip(row, task, damage) if task.spans else row
        yield replace(_marked(row, video), seconds=round(time.perf_counter() - waited() - started, 4))


def _of_clip(row: Row, task: VideoTask, damage: str) -> Row:
    """A row of a clip: it counts 1, however long the clip is, and says with which others the clip is compared."""
    spans = [span.numbers for span in task.spans]
    known = {GROUP: task.group, CLIPS: task.clips, SPANS: spans, **({DAMAGE: damage} if damage else {})}
    counts = None if row.weight is None else float(bool(row.weight))
    return replace(row, weight=counts, details={**row.details, **known})


def failed_row(task: VideoTask, dimension: str, error: Exception) -> Row:
    """The row of a unit whose file could not even be read; the next call tries again."""
    return replace(blank_row(task, dimension, ""), status=FAILED, reason=described(error))


def described(error: Exception) -> str:
    """What happened, for people: the system's words for the system's errors."""
    if isinstance(error, VideoError):
        return str(error)
    words = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {words or error}"


def _scored(row: Row, name: str, evaluators: Evaluators, video: Video, prompt: Prompt) -> Row:
    try:
        demand_facts(prompt, evaluators.spec(name).needs)
        score = evaluators.score(name, video, prompt)
    except Unavailable as error:
        return replace(row, status=FAILED, reason=str(error))
    except VideoError as error:
        return replace(row, status=UNREADABLE, reason=str(error))
    except TooShort as error:
        if is_picture(video.path):
            reason = f"{video.path} is a picture, which has no motion to judge."
            return replace(row, status=NOT_APPLICABLE, reason=reason)
        return replace(row, status=TOO_SHORT, reason=str(error))
    except NotApplicable as error:
        return replace(row, status=NOT_APPLICABLE, reason=str(error))
    except NotStatic as error:
        return replace(row, status=NOT_STATIC, reason=str(error), details=error.details)
    except Exception as error:  # one video must never end a run of hours; what happened is recorded
        return replace(row, status=FAILED, reason=described(error))
    per_frame = [float(one) for one in score.per_frame]
    reduced = {AT_ONCE: less} if (less := evaluators.reduced(name)) else {}
    details = {**score.details, **reduced}
    return replace(row, value=float(score.value), weight=float(score.weight), per_frame=per_frame, details=details)


def _looked_at(task: VideoTask, name: str, evaluators: Evaluators) -> dict[Path, str]:
    """The files that a dimension sees -> their content when the plan saw them."""
    image = task.prompt.image if evaluators.spec(name).needs_picture else None
    return {task.path: task.sha256, **({image: task.picture} if image and task.picture else {})}


def _settled(row: Row, seen: Mapping[Path, str]) -> Row:
    """What was found holds for the bytes that the plan saw; of others, or of none, nothing is final."""
    if row.status == FAILED:
        return row
    reason = ""
    for path, sha256 in seen.items():
        which = "the file" if path == next(iter(seen)) else f"the picture {path.name}"
        try:
            if content_of(path) != sha256:
                reason = f"{which} changed while it was looked at"
        except OSError as error:
            if row.status != SCORED:  # otherwise all of it was read before it went
                reason = f"{which} went while it was looked at ({described(error)})"
    if not reason:
        return row
    return replace(row, status=FAILED, value=None, weight=None, per_frame=(), details={}, reason=reason)


def _marked(row: Row, video: Video) -> Row:
    """The row with the video's format, and with what is wrong with its file although it decodes."""
    try:
        form = f"{video.size[1]}x{video.size[0]}, {video.fps:g} fps, {video.frame_count} frames"
        if video.facts.codec and SPANS not in row.details:  # a clip is judged as its frames, wherever these lie
            form += f", {video.facts.codec}"
        damage = {DAMAGE: video.damage} if video.damage else {}
    except Exception:  # whatever it is, the row says what became of the unit
        return row
    return replace(row, format=form, details={**row.details, **damage})
