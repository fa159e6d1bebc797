"""The static filter as a step of a run: of a prompt's many samples, the first static ones are judged.

Samples are taken in the order of their names as strings (-0, -1, -10, -2), as the reference takes them, until enough of
them stand still. Each that was looked at has a row: its score, or that it moves. What else is wanted of a sample is
done beside that, from the same frames and the same motion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from vbench.media.lockstep import SharedVideo
from vbench.media.spans import video_of
from vbench.media.video import Video
from vbench.runs.long_video import opened
from vbench.runs.one_video import OneVideo, Work, from_one_decoding, works_of
from vbench.runs.score_video import blank_row
from vbench.runs.store import NOT_STATIC, SCORED, Row

if TYPE_CHECKING:
    from vbench.runs.evaluators import Evaluators
    from vbench.runs.plan import Plan, VideoTask

NOT_NEEDED = "not_needed"
"""Status of a sample after the last that is judged; told to the run, never stored."""


@dataclass(frozen=True)
class Candidates:
    """The samples of one prompt, of which some are judged by one dimension.

    Attributes:
        dimension: that judges them.
        tasks: in the order in which they may be chosen.
        keep: how many static ones are judged.
        reencode: whether clips are compressed once more.
        known: video -> status of those that were looked at, or passed over, before.
        run: which of the runs that go together wants it.
        beside: what else is wanted of the same videos, by their paths.
    """

    dimension: str
    tasks: Sequence[VideoTask]
    keep: int
    reencode: bool
    known: Mapping[str, str] = field(default_factory=dict)
    run: int = 0
    beside: Mapping[Path, OneVideo] = field(default_factory=dict)

    @property
    def evaluated(self) -> tuple[str, ...]:
        """The dimensions that are needed for it."""
        return tuple(dict.fromkeys([self.dimension, *(name for one in self.beside.values() for name in one.evaluated)]))

    def rows(self, evaluators: Evaluators, budget: int) -> Iterator[Row]:
        """A row for each sample that was not looked at before, and for each that need not be looked at."""
        left, looked_at, beside = self.keep, self._looked_at(budget), dict(self.beside)
        for task in self.tasks:
            key = task.cache_keys[self.dimension]
            others = beside.pop(task.path, None)
            works: list[Work] = []
            video = SharedVideo(task.path, budget)
            if not left and self.known.get(task.video) != NOT_NEEDED:
                yield replace(blank_row(task, self.dimension, key), status=NOT_NEEDED)
            elif task.video in self.known:
                left -= self.known[task.video] == SCORED
            else:
                found, damage = next(looked_at) if task.spans else (video, "")
                works = works_of(task, evaluators.of(self.run), budget, found, damage)
            works += others.works(evaluators, budget, video) if others else []
            for row in from_one_decoding(video, works):
                left -= (row.dimension, row.cache_key, row.status) == (self.dimension, key, SCORED)
                yield row

    def _looked_at(self, budget: int) -> Iterator[tuple[Video, str]]:
        """The clips that no earlier call looked at, and their damage; those of one video from one decoding."""
        new = [task for task in self.tasks if task.video not in self.known]
        for path, found in groupby(new, key=lambda task: task.path):
            spans = [span for task in found for span in task.spans]
            for _, clip, damage in opened(Video(path, budget=0), spans, budget, self.reencode):
                yield clip, damage


def candidates(
    tasks: Iterable[VideoTask], dimension: str, keep: int, reencode: bool, known: Mapping[str, str]
) -> list[Candidates]:
    """The samples of a filtered dimension by prompt, those first that were sampled first, clips as they follow."""
    by_prompt: dict[str, list[VideoTask]] = {}
    for task in sorted(tasks, key=lambda task: (video_of(task.video), task.spans)):
        by_prompt.setdefault(task.prompt.text, []).append(task)
    return [Candidates(dimension, found, keep, reencode, known) for found in by_prompt.values()]


def planned(plan: Plan, dimension: str, rows: Iterable[Row]) -> tuple[int, int]:
    """How many scores a filtered dimension has when it is whole, now that its samples were looked at.

    Args:
        plan: what was looked for.
        dimension: whose samples are filtered.
        rows: of the run.

    Returns:
        The number of scores, and of prompts with fewer static samples than are judged.
    """
    spec = plan.benchmark.rules[dimension]
    statuses: dict[str, list[str]] = {prompt.text: [] for prompt in plan.prompts if spec.tested_by in prompt.dimensions}
    for row in rows:
        if row.dimension == dimension and row.prompt in statuses:
            statuses[row.prompt].append(row.status)
    there: dict[str, set[Path]] = {prompt: set() for prompt in statuses}
    for task in plan.tasks:
        if dimension in task.dimensions:
            there.setdefault(task.prompt.text, set()).add(task.path)
    wanted = short = 0
    for prompt, found in statuses.items():
        lacking = plan.samples - found.count(SCORED)
        wanted += len(found) - found.count(NOT_STATIC) + min(lacking, spec.sampled - len(there[prompt]))
        short += lacking > 0
    return wanted, short
