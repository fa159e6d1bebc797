"""Rows on their way to the disk, and the sums of a call."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vbench.progress import Progress
from vbench.runs.choose_static import NOT_NEEDED
from vbench.runs.room import AT_ONCE
from vbench.runs.score_video import NOT_EVALUATED
from vbench.runs.store import NOT_STATIC, SCORED, Row, RunStore

PATIENCE = 0.05
"""Seconds after a commit within which rows wait for the next one."""

DEAR = 1.0
"""Seconds of work from which a row waits for no other, as nobody knows when that comes."""


@dataclass
class Outcome:
    """How a run ended.

    Attributes:
        folder: the run's folder.
        computed: units that this call computed.
        reused: units that were stored before.
        set_aside: stored scores that were made otherwise, or of other content, and count no more.
        scored: units that have a score, computed or stored.
        failures: computed or stored units that should have a score and have none, by status.
        not_evaluated: dimension -> reason, where it has no score at all for want of a backbone.
    """

    folder: Path
    computed: int = 0
    reused: int = 0
    set_aside: int = 0
    scored: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    not_evaluated: dict[str, str] = field(default_factory=dict)

    def count(self, row: Row) -> None:
        """Take a row into the sums."""
        if row.status == SCORED:
            self.scored += 1
        elif row.status != NOT_STATIC:
            self.failures[row.status] = self.failures.get(row.status, 0) + 1


class RowWriter:
    """Rows on their way to the store; whoever watches is told of a row once it is on disk.

    A commit waits for the disk, which takes as long as a small video: rows that come within :data:`PATIENCE` of the
    last commit go with the next one, unless much work is in them: of several processes the next row may be far away.
    """

    def __init__(self, store: RunStore, outcome: Outcome, progress: Progress) -> None:
        self.store, self.outcome, self.progress = store, outcome, progress
        self.at_once: dict[str, int] = {}
        self.waiting: list[Row] = []
        self.committed = 0.0

    def take(self, row: Row) -> None:
        """Keep a row; or what else a job says."""
        if row.status == NOT_NEEDED:
            self.store.drop([(row.video, row.prompt, row.dimension)])
            self.progress.skipped(1)
            return
        if row.status == NOT_EVALUATED:
            if row.dimension not in self.outcome.not_evaluated:
                self.outcome.not_evaluated[row.dimension] = row.reason
                self.progress.note(f"not evaluated: {row.dimension}: {row.reason}")
            self.progress.skipped(1)
            return
        self._note_less_at_once(row.details.get(AT_ONCE, {}))
        self.waiting.append(row)
        if row.seconds >= DEAR or time.monotonic() - self.committed >= PATIENCE:
            self.commit()

    def _note_less_at_once(self, reduced: Mapping[str, int]) -> None:
        for backbone, count in reduced.items():
            if count < self.at_once.get(backbone, count + 1):
                self.at_once[backbone] = count
                self.progress.note(f"{backbone} takes {count} at once, as the device has no room for more")

    def commit(self) -> None:
        """Put on disk what waits, and tell of it."""
        rows, self.waiting = self.waiting, []
        self.store.put_all(row for row in rows if row.sha256)
        for row in rows:
            if not row.sha256:
                self.store.put_failed(row)
            self.outcome.computed += 1
            self.outcome.count(row)
            told = f"{row.video}: no {row.dimension} ({row.status}): {row.reason}" if row.reason else ""
            self.progress.unit(row.dimension, told)
        self.committed = time.monotonic()
