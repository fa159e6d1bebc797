"""Do the stored scores of a run hold? A random part is scored again from the videos."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vbench.files.digest import content_of
from vbench.prompts.suite import Prompt
from vbench.runs.evaluate import identity_of
from vbench.runs.evaluators import Evaluators
from vbench.runs.plan import Visit
from vbench.runs.score_video import Task, look
from vbench.runs.store import SCORED, Row

HELD, MISSING, OTHER_VIDEO, OTHER_EVALUATOR, OTHER_SCORE, NOT_SCORED = (
    "held",
    "video is missing",
    "video has changed",
    "evaluator has changed",
    "score differs",
    "no score any more",
)

TOLERANCE = 1e-6
"""Difference that another number of threads may make on the same kind of machine."""


@dataclass(frozen=True)
class Verdict:
    """What became of one stored score.

    Attributes:
        row: the stored unit.
        verdict: one of the module's states; everything but ``held`` is a finding.
        value: the score now, ``None`` where it was not made again.
        reason: more about it, for people.
    """

    row: Row
    verdict: str
    value: float | None = None
    reason: str = ""


def drawn(rows: Sequence[Row], fraction: float, seed: int) -> list[Row]:
    """A random part of the scored rows, at least one where there is one, in the order of the store."""
    scored = [row for row in rows if row.status == SCORED]
    count = min(len(scored), max(1, round(fraction * len(scored))))
    chosen = set(random.Random(seed).sample(range(len(scored)), count))
    return [row for position, row in enumerate(scored) if position in chosen]


def verify(
    rows: Sequence[Row], videos: Path, crew: Evaluators, budget: int, tolerance: float = TOLERANCE
) -> Iterator[Verdict]:
    """Score rows again and compare.

    Args:
        rows: stored units.
        videos: folder of the videos.
        crew: who looks, as in the run.
        budget: bytes of decoded frames to keep per video.
        tolerance: difference up to which a score holds.
    """
    for row in rows:
        path = videos / row.video
        if not path.exists():
            yield Verdict(row, MISSING, reason=f"{path} does not exist")
            continue
        content = content_of(path)
        if content != row.content:
            yield Verdict(row, OTHER_VIDEO, reason=f"sha256 {content[:12]} was {row.content[:12]}")
            continue
        if obstacle := crew.obstacle(row.dimension):
            yield Verdict(row, NOT_SCORED, reason=obstacle)
            continue
        prompt = Prompt(row.prompt, (row.dimension,), row.facts, row.category)
        identity = identity_of(content, prompt, crew.signature(row.dimension))
        task = Task(Visit(path, row.video, prompt, (row.dimension,)), content, {row.dimension: identity})
        (again,) = look(task, crew, budget)
        yield _compared(row, again, tolerance)


def _compared(row: Row, again: Row, tolerance: float) -> Verdict:
    if again.value is None or row.value is None:
        return Verdict(row, NOT_SCORED, reason=again.reason)
    changed = abs(again.value - row.value) > tolerance
    if again.identity != row.identity:
        effect = f"the score is {again.value:.6f} and was {row.value:.6f}"
        return Verdict(row, OTHER_EVALUATOR, again.value, f"checkpoint, version, options or device differ; {effect}")
    return Verdict(row, OTHER_SCORE if changed else HELD, again.value)
