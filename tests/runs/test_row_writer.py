"""A row that took long to make is on disk at once; small ones may go together."""

from __future__ import annotations

from pathlib import Path

from vbench.progress import Progress
from vbench.runs.row_writer import DEAR, Outcome, RowWriter
from vbench.runs.store import Row, RunStore


def test_much_work_waits_for_no_other_row(tmp_path: Path) -> None:
    """As where two processes are done at the same moment, and the next row is an hour away."""
    store = RunStore(tmp_path / "run.sqlite")
    writer = RowWriter(store, Outcome(tmp_path), Progress())
    for name in "ab":
        writer.take(Row(f"{name}.mp4", name, "scene", name, sha256=name, seconds=DEAR))
        assert name in [row.prompt for row in store.rows()]
    store.close()
