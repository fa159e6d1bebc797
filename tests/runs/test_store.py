from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vbench.errors import StorageError, UsageError
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


def filled(path: Path, rows: int = 400) -> Path:
    store = RunStore(path)
    store.put_all(Row(f"a-{index}.mp4", "a", "scene", str(index), value=0.5, weight=1.0) for index in range(rows))
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return path


def test_a_full_disk_has_its_own_message_and_loses_nothing(tmp_path: Path) -> None:
    store = RunStore(filled(tmp_path / "run.sqlite"))
    (pages,) = store.connection.execute("PRAGMA page_count").fetchone()
    store.connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StorageError, match="disk is full"):
        store.put_all(Row(f"b-{index}.mp4", "b", "scene", "x") for index in range(400))
    assert len(list(store.rows())) == 400


def test_damaged_pages_have_their_own_message(tmp_path: Path) -> None:
    path = filled(tmp_path / "run.sqlite")
    content = bytearray(path.read_bytes())
    content[8192:-4096] = b"\xa5" * (len(content) - 8192 - 4096)
    path.write_bytes(content)
    with pytest.raises(StorageError, match="pages of it are damaged"):
        list(RunStore(path, read_only=True).rows())


def test_an_empty_store_is_told_and_can_be_filled(tmp_path: Path) -> None:
    (tmp_path / "run.sqlite").touch()
    with pytest.raises(StorageError, match="it is empty, as a crash or a full disk leaves it"):
        list(RunStore(tmp_path / "run.sqlite", read_only=True).rows())
    RunStore(tmp_path / "run.sqlite").put(ROW)


def test_another_writer_has_its_own_message(tmp_path: Path) -> None:
    path = filled(tmp_path / "run.sqlite")
    with sqlite3.connect(path) as other:
        other.execute("BEGIN IMMEDIATE")
        store = RunStore.__new__(RunStore)
        store.path, store.connection = path, sqlite3.connect(path, timeout=0)
        with pytest.raises(StorageError, match="another process holds it"):
            store.put(ROW)
        other.rollback()


def test_where_nothing_can_be_mapped_a_rollback_journal_keeps_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    (tmp_path / "run.sqlite-shm").mkdir()  # the write-ahead log's shared memory cannot be
    store = RunStore(path)
    assert store.connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    store.put(ROW)
    store.close()
    again = RunStore(path)
    again.put(Row("b-0.mp4", "b", "scene", "id-2", value=0.5, weight=1.0))
    assert len(list(again.rows())) == 2
    assert next(RunStore(path, read_only=True).rows()) == ROW


def test_and_so_it_does_for_a_run_that_comes_from_where_it_could(tmp_path: Path) -> None:
    path = filled(tmp_path / "run.sqlite")
    (tmp_path / "run.sqlite-shm").mkdir()
    store = RunStore(path)
    assert store.connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    store.put(ROW)
    assert ROW in store.rows()


def test_a_kill_within_a_transaction_of_a_rollback_journal_loses_no_older_row(tmp_path: Path) -> None:
    (tmp_path / "run.sqlite-shm").mkdir()
    RunStore(tmp_path / "run.sqlite").put(ROW)
    script = (
        "import os, sys; from pathlib import Path; from vbench.runs.store import Row, RunStore; "
        "store = RunStore(Path(sys.argv[1])); store.connection.execute('PRAGMA cache_size=1'); "
        "store.connection.execute('BEGIN'); "
        "[store.connection.execute('UPDATE score SET reason = ?', ('x' * 100_000,)) for _ in range(3)]; "
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "run.sqlite")])
    assert done.returncode == -signal.SIGKILL
    assert list(RunStore(tmp_path / "run.sqlite").rows()) == [ROW]


@pytest.fixture
def forbidden() -> Iterator[Path]:
    """A folder that may be read and not written, also where the tests run with every right."""
    folder = Path(tempfile.mkdtemp())
    filled(folder / "run.sqlite")
    with unwritable(folder):
        yield folder
    shutil.rmtree(folder)


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    for path in (*folder.iterdir(), folder):
        path.chmod(0o444 if path.is_file() else 0o555)
    root = os.name == "posix" and os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


def test_a_run_on_a_read_only_medium_is_read(forbidden: Path) -> None:
    store = RunStore(forbidden / "run.sqlite", read_only=True)
    assert len(list(store.rows())) == 400
    store.close()


def test_rows_that_wait_in_its_log_are_not_passed_over() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(filled(Path(folder, "run.sqlite")))
        store.put(ROW)
        copy = Path(folder, "copy")
        copy.mkdir(0o755)
        for name in ("run.sqlite", "run.sqlite-wal"):  # as a kill leaves them, and whoever copies these two
            shutil.copyfile(Path(folder, name), copy / name)
        Path(folder).chmod(0o755)
        with unwritable(copy), pytest.raises(StorageError, match="what was stored is in run"):
            RunStore(copy / "run.sqlite", read_only=True)
        shutil.copytree(copy, Path(folder, "again"), copy_function=shutil.copyfile).chmod(0o755)
        assert ROW in RunStore(Path(folder, "again", "run.sqlite"), read_only=True).rows()
        store.close()


def test_and_not_written(forbidden: Path) -> None:
    with pytest.raises(StorageError, match="read-only"):
        RunStore(forbidden / "run.sqlite")
    with pytest.raises(StorageError, match="cannot be opened"):
        RunStore(forbidden / "another.sqlite")


def test_a_reader_changes_nothing(tmp_path: Path) -> None:
    path = filled(tmp_path / "run.sqlite")
    before = path.read_bytes()
    store = RunStore(path, read_only=True)
    assert len(list(store.rows())) == 400
    store.close()
    assert path.read_bytes() == before
