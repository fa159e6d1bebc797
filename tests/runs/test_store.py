from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from vbench.errors import UsageError
from vbench.runs.store import FAILED, UNREADABLE, Row, RunStore

ROW = Row(
    "a-0.mp4",
    "a",
    "scene",
    "id-1",
    "animal",
    value=0.1 + 0.2,
    weight=16.0,
    per_frame=[0.1, 1 / 3],
    details={"x": ["é"]},
)


def test_rows_come_back_to_the_last_bit(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "run.sqlite")
    store.put(ROW)
    store.close()
    assert list(RunStore(tmp_path / "run.sqlite").rows()) == [ROW]


def test_rows_are_sorted_whatever_the_order_of_writing(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "run.sqlite")
    for video in ("c", "a", "b"):
        store.put(Row(video, "p", "scene", video))
    assert [row.video for row in store.rows()] == ["a", "b", "c"]


def test_a_unit_is_written_once(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "run.sqlite")
    store.put(ROW)
    store.put(Row("a-0.mp4", "a", "scene", "id-2", value=0.5, weight=1.0))
    assert [row.cache_key for row in store.rows()] == ["id-2"]


def test_finished_units_are_found_by_cache_key_and_failed_ones_are_not(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "run.sqlite")
    store.put(Row("a", "p", "scene", "bad", status=UNREADABLE, reason="cut off"))
    store.put(Row("b", "p", "scene", "oom", status=FAILED, reason="out of memory"))
    found = store.finished("bad")
    assert found is not None
    assert found.reason == "cut off"
    assert store.finished("oom") is None
    assert store.finished("other") is None


def test_not_a_store(tmp_path: Path) -> None:
    (tmp_path / "run.sqlite").write_text("this is no database, though it is long enough to be taken for one" * 20)
    with pytest.raises(UsageError, match="not a run store"):
        RunStore(tmp_path / "run.sqlite")


def test_newer_schema_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "run.sqlite")
    connection.execute("PRAGMA user_version=99")
    connection.commit()
    connection.close()
    with pytest.raises(UsageError, match="newer vbench"):
        RunStore(tmp_path / "run.sqlite")
