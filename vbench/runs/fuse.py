"""Rows as they are read: a clip's own score and the comparison of its video's clips are fused where both make one.

The store keeps what was measured: the clip's own score in the clip's row, the comparison in a row of the video. So a
run that is continued measures nothing twice, and a clip has its score once its video was looked through.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from vbench.benchmarks.base import Benchmark, Unit
from vbench.benchmarks.registry import specs_of
from vbench.benchmarks.slow_fast import SlowFast
from vbench.runs.score_video import CLIPS, GROUP
from vbench.runs.store import FAILED, SCORED, Row


def fused(rows: Iterable[Row], benchmark: Benchmark) -> list[Row]:
    """The rows with the scores that count.

    Args:
        rows: as they are stored.
        benchmark: of the run.
    """
    stored = list(rows)
    if benchmark.unit is not Unit.CLIP:
        return stored
    specs = specs_of(benchmark)
    compared = {(row.dimension, row.video, row.prompt): row.value for row in stored if row.value is not None}

    def with_both(row: Row) -> Row:
        both = specs[row.dimension].slow_fast if row.dimension in specs else None
        if both is None or row.status != SCORED or GROUP not in row.details:
            return row
        return _fused(row, both, compared.get((both.clip_to_clip, row.details[GROUP], row.prompt)))

    return [with_both(row) for row in stored]


def _fused(row: Row, both: SlowFast, likeness: float | None) -> Row:
    if likeness is None and row.details[CLIPS] > 1 and both.clip_to_clip_weight:
        why = f"the clips of its video have no {both.clip_to_clip} yet; the same command continues the run"
        return replace(row, status=FAILED, value=None, weight=None, reason=why)
    in_clip = float(row.value or 0.0)
    details = {
        "inclip_score": in_clip,
        "clip2clip_score": likeness or 0.0,
        "mapped_clip2clip_score": both.mapped(likeness or 0.0),
    }
    return replace(row, value=both.fused(in_clip, likeness), details={**row.details, **details})
