"""Files are there whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from vbench.files.atomic import replace_whole, write_atomically

OLD, NEW = "old " * 1000, "new " * 500_000


def test_a_reader_meets_the_old_or_the_new(tmp_path: Path) -> None:
    path, met, done = tmp_path / "file", set(), threading.Event()
    write_atomically(path, OLD)

    def read() -> None:
        while not done.is_set():
            met.add(path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(50):
        write_atomically(path, NEW)
        write_atomically(path, OLD)
    done.set()
    reader.join()
    assert met <= {OLD, NEW}
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_name_as_long_as_can_be_is_written(tmp_path: Path) -> None:
    for name in ("x" * 255, "𠀀" * 63):
        write_atomically(tmp_path / name, NEW)
        assert [file.name for file in tmp_path.iterdir()] == [name]
        (tmp_path / name).unlink()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of a process there")
def test_a_disk_that_fills_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_atomically(tmp_path / "file", OLD)
    script = (
        "import resource, signal, sys; from pathlib import Path; from vbench.files.atomic import replace_whole; "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); "
        "replace_whole(Path(sys.argv[1]), bytes(1_000_000))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "file")], capture_output=True, text=True)
    assert "File too large" in done.stderr
    assert (tmp_path / "file").read_text() == OLD
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such signal")
def test_a_kill_leaves_the_old_file(tmp_path: Path) -> None:
    write_atomically(tmp_path / "file", OLD)
    script = (
        "import os, sys; from pathlib import Path; from vbench.files.atomic import replace_whole; "
        "os.fsync = lambda _: os.kill(os.getpid(), 9); replace_whole(Path(sys.argv[1]), b'half')"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "file")])
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "file").read_text() == OLD


def test_two_writers_of_one_file_leave_one_of_both(tmp_path: Path) -> None:
    path = tmp_path / "file"
    writers = [threading.Thread(target=replace_whole, args=(path, text.encode())) for text in (OLD, NEW) * 10]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert path.read_text() in (OLD, NEW)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
