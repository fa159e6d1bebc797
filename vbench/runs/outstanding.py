"""What is left to do of a plan, and in which order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from vbench.dimensions.motion_evidence import is_partial
from vbench.files.digest import content_of
from vbench.media.spans import video_of
from vbench.runs.cache_key import cache_key, clips_of, picture_of
from vbench.runs.choose_static import Candidates, candidates
from vbench.runs.evaluators import Evaluators
from vbench.runs.jobs import Job, Unit, contents_of, first_of, given_up, rest_of, units_of, without
from vbench.runs.long_video import LongVideo, long_videos
from vbench.runs.one_video import Part, by_video
from vbench.runs.plan import Plan, VideoTask
from vbench.runs.row_writer import Outcome
from vbench.runs.score_video import GROUP, failed_row
from vbench.runs.store import EARLIER, Place, Row, RunStore

ENDED_ALONE = "the last call looked at it, and at nothing else, when it was killed or crashed"


@dataclass
class Wanted:
    """What one run still wants.

    Attributes:
        choices: of filtered dimensions, whose samples are chosen from.
        videos: of the others.
    """

    choices: list[Candidates]
    videos: list[VideoTask | LongVideo]

    def units(self) -> Iterator[Unit]:
        """All of it, one by one."""
        tasks = [task for job in self.videos for task in (job.tasks if isinstance(job, LongVideo) else (job,))]
        for task in [*tasks, *(task for choice in self.choices for task in choice.tasks)]:
            yield from units_of(task)


def outstanding_of(
    plan: Plan, evaluators: Evaluators, store: RunStore, outcome: Outcome, beside: Collection[str] = ()
) -> tuple[Wanted, list[Row]]:
    """What is left to do, and rows of the videos that cannot be read now.

    Args:
        plan: what is looked at.
        evaluators: who looks.
        store: of the run; rows that no longer hold are set aside in it.
        outcome: is told of what is stored.
        beside: dimensions that are not judged now and have scores of videos of the same folder.
    """
    signatures = {name: evaluators.signature(name) for name in plan.dimensions if name not in outcome.not_evaluated}
    todo: list[VideoTask] = []
    renamed, untouchable = [], []
    choices: dict[str, list[VideoTask]] = {name: [] for name in plan.filtered}
    looked_at: dict[str, dict[str, str]] = {name: {} for name in plan.filtered}
    keys: dict[Place, str] = {}
    unread: dict[tuple[str, str], VideoTask] = {}
    contents: dict[str, str] = {}
    for task in plan.tasks:
        outstanding: dict[str, str] = {}
        try:
            seen = replace(task, sha256=content_of(task.path), picture=picture_of(task, signatures))
        except OSError as error:
            untouchable += [failed_row(task, name, error) for name in task.dimensions if name in signatures]
            unread[task.video, task.prompt.text] = task
            continue
        contents[video_of(task.video)] = seen.sha256
        for name in task.dimensions:
            if name not in signatures:
                continue
            key = cache_key(seen.sha256, task.prompt, signatures[name] | clips_of(task, plan.cutting))
            keys[task.video, task.prompt.text, name] = key
            if name in choices:
                choices[name].append(replace(seen, cache_keys={name: key}))
            stored = store.finished(key)
            if stored is None or (evaluators.all_pairs and is_partial(stored.details)):
                if name not in choices:
                    outstanding[name] = key
                continue
            group = {GROUP: task.group} if task.spans else {}
            details = {**stored.details, **group}
            status = stored.status.removeprefix(EARLIER)
            row = replace(stored, video=task.video, category=task.prompt.category, details=details, status=status)
            if row != stored:
                renamed.append(row)
            if name in choices:
                looked_at[name][task.video] = row.status
            outcome.reused += 1
            outcome.count(row)
        if outstanding:
            todo.append(replace(seen, cache_keys=outstanding))
    store.put_all(renamed)
    outdated = _outdated(store, keys, unread, signatures, dict.fromkeys(beside, contents))
    store.set_aside(outdated)
    outcome.set_aside = len(outdated)
    reencode = bool(plan.cutting and plan.cutting.reencode)
    of_prompts = [one for name, tasks in choices.items()
                  for one in candidates(tasks, name, plan.samples, reencode, looked_at[name])]  # fmt: skip
    jobs: list[VideoTask | LongVideo] = [task for task in todo if not task.spans]
    jobs += long_videos((task for task in todo if task.spans), reencode)
    return Wanted(of_prompts, jobs), untouchable


def _outdated(
    store: RunStore,
    keys: Mapping[Place, str],
    unread: Mapping[tuple[str, str], VideoTask],
    signatures: Mapping[str, Mapping[str, Any]],
    beside: Mapping[str, Mapping[str, str]],
) -> list[Place]:
    """Stored units of another content, or made in another way, than their places want; nobody may take them for these.

    Args:
        store: of the run.
        keys: place -> what identifies its result now.
        unread: videos that cannot be read now, by name and prompt: taken for what they were when they were judged.
        signatures: of the dimensions that are judged.
        beside: dimension that is not judged now -> content of the videos, by name, that its scores are of.
    """
    found = []
    for place, made_as, content in store.settled():
        video, prompt, dimension = place
        key, task = keys.get(place, made_as), unread.get((video, prompt))
        if task and dimension in signatures:
            with suppress(OSError):  # the picture cannot be read
                key = cache_key(content, task.prompt, signatures[dimension])
        if key != made_as or beside.get(dimension, {}).get(video_of(video), content) != content:
            found.append(place)
    return found


def forget_removed(store: RunStore, plan: Plan) -> None:
    """Drop rows of the plan's dimensions whose video or prompt is no longer there."""
    there = {(task.video, task.prompt.text, name) for task in plan.tasks for name in task.dimensions}
    stored = [(row.video, row.prompt, row.dimension) for row in store.rows() if row.dimension in plan.dimensions]
    store.drop(unit for unit in stored if unit not in there)


def takers_of(wanted: Sequence[Wanted]) -> dict[Unit, list[int]]:
    """Which runs want a unit."""
    takers: dict[Unit, list[int]] = defaultdict(list)
    for place, one in enumerate(wanted):
        for unit in one.units():
            takers[unit].append(place)
    return takers


def jobs_of(wanted: Sequence[Wanted]) -> list[Job]:
    """What is to be done, so that each video is gone through once, and neighbours need the same dimensions."""
    seen: set[Unit] = set()
    parts: list[Part] = []
    for place, one in enumerate(wanted):
        parts += (Part(place, job) for job in (without(job, seen) for job in one.videos) if job.evaluated)
        seen |= {*one.units()}
    videos = {one.path: one for one in by_video(parts)}
    choices: list[Candidates] = []
    chosen: dict[Unit, Candidates] = {}
    for place, choice in ((place, choice) for place, one in enumerate(wanted) for choice in one.choices):
        (unit,) = units_of(choice.tasks[0])
        if chosen.setdefault(unit, choice) is not choice and chosen[unit] == choice:
            continue  # another run chooses from the same in the same way
        paths = {task.path for task in choice.tasks}
        beside = {path: videos.pop(path) for path in paths & videos.keys()}
        choices.append(replace(choice, run=place, beside=beside))
    left = [job for choice in choices if (job := rest_of(choice, ()))]
    return [*left, *sorted(videos.values(), key=lambda one: one.evaluated)]


def by_risk(
    jobs: Sequence[Job], left: Mapping[str, bool], ended_over: Set[str]
) -> tuple[list[Job], list[Job], list[Row]]:
    """The jobs that are safe, those that a process may end over, and rows of what this call leaves alone.

    Args:
        jobs: what to do.
        left: what an earlier call was at when it ended; what it was at alone is left to the next call, so that this one
            comes to its end.
        ended_over: contents of the videos over which a process ended.
    """
    over_it = {content for content, alone in left.items() if alone}
    safe: list[Job] = []
    risky: list[Job] = []
    lost: list[Row] = []
    for job in jobs:
        rest: Job | None = job
        while rest and contents_of(first_of(rest)) & over_it:
            found = given_up(rest, f"{ENDED_ALONE}; the next call tries it again")
            rest, lost = rest_of(rest, found), lost + found
        if rest:
            (risky if contents_of(job) & (left.keys() | ended_over) else safe).append(rest)
    return safe, risky, lost
