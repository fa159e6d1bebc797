"""The static filter as a step of a run: of a prompt's many samples, the first static ones are judged.

Samples are taken in the order of their names as strings (-0, -1, -10, -2), as the reference takes them, until enough of
them stand still. Each that was looked at has a row: its score, or that it moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vbench.runs.score_video import blank_row, score_video
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
        known: video -> status of those that an earlier call looked at.
    """

    dimension: str
    tasks: Sequence[VideoTask]
    keep: int
    known: Mapping[str, str] = field(default_factory=dict)

    @property
    def evaluated(self) -> tuple[str, ...]:
        """The dimensions that are needed for it."""
        return (self.dimension,)

    def rows(self, evaluators: Evaluators, budget: int) -> Iterator[Row]:
        """A row for each sample that was not looked at before, and for each that need not be looked at."""
        left = self.keep
        for task in self.tasks:
            if not left:
                yield replace(blank_row(task, self.dimension, ""), status=NOT_NEEDED)
                continue
            status = self.known.get(task.video)
            if status is None:
                (row,) = score_video(task, evaluators, budget)
                yield row
                status = row.status
            left -= status == SCORED


def candidates(tasks: Iterable[VideoTask], dimension: str, keep: int, known: Mapping[str, str]) -> list[Candidates]:
    """The samples of a filtered dimension by prompt, those first that were sampled first."""
    by_prompt: dict[str, list[VideoTask]] = {}
    for task in sorted(tasks, key=lambda task: task.video):
        by_prompt.setdefault(task.prompt.text, []).append(task)
    return [Candidates(dimension, found, keep, known) for found in by_prompt.values()]


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
    there = dict.fromkeys(statuses, 0)
    for task in plan.tasks:
        there[task.prompt.text] = there.get(task.prompt.text, 0) + (dimension in task.dimensions)
    wanted = short = 0
    for prompt, found in statuses.items():
        lacking = plan.samples - found.count(SCORED)
        wanted += len(found) - found.count(NOT_STATIC) + min(lacking, spec.sampled - there[prompt])
        short += lacking > 0
    return wanted, short
