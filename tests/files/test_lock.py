from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vbench.errors import StorageError, UsageError
from vbench.files.lock import NAME, alone_in


@pytest.fixture(params=["links", "no links"])
def file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is here, and one that has no hard links, such as exFAT."""
    if request.param == "no links":

        def refuse(path: Path, target: Path) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted", str(path))

        monkeypatch.setattr(Path, "hardlink_to", refuse)


@pytest.mark.usefixtures("file_system")
def test_a_folder_is_one_processes_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with alone_in(folder):
        assert (folder / NAME).read_text().split()[0] == str(os.getpid())
        with pytest.raises(UsageError, match=f"is in use by process {os.getpid()}"), alone_in(folder):
            pass
    assert not (folder / NAME).exists()
    with alone_in(folder):
        pass


def test_it_is_given_up_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), alone_in(tmp_path):
        raise ZeroDivisionError
    assert not (tmp_path / NAME).exists()


@pytest.mark.usefixtures("file_system")
@pytest.mark.parametrize("text", ["{dead} {host}", "", "nonsense"])
def test_a_dead_processes_lock_is_taken_over(tmp_path: Path, text: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    (tmp_path / NAME).write_text(text.format(dead=process.pid, host=socket.gethostname()))
    os.utime(tmp_path / NAME, (0, 0))
    with alone_in(tmp_path):
        assert (tmp_path / NAME).read_text().startswith(f"{os.getpid()} ")


@pytest.mark.usefixtures("file_system")
@pytest.mark.parametrize("which", ["", " 0123456789abcdef"])
def test_a_lock_of_an_earlier_process_of_the_same_number_is_taken_over(tmp_path: Path, which: str) -> None:
    """In a container the command has the same number each time."""
    (tmp_path / NAME).write_text(f"{os.getpid()} {socket.gethostname()}{which}")
    with alone_in(tmp_path), pytest.raises(UsageError, match="is in use"), alone_in(tmp_path):
        pass


def test_another_machines_lock_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("1 elsewhere")
    with pytest.raises(UsageError, match="by process 1 on elsewhere; if that has ended, remove"), alone_in(tmp_path):
        pass
    assert (tmp_path / NAME).exists()


def test_a_lock_that_is_being_written_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / NAME).touch()  # between the two steps of a file system without links

    def written(seconds: float) -> None:
        (tmp_path / NAME).write_text(f"{os.getppid()} {socket.gethostname()}")

    monkeypatch.setattr(time, "sleep", written)
    with pytest.raises(UsageError, match=f"in use by process {os.getppid()}"), alone_in(tmp_path):
        pass


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_what_is_no_folder_is_no_place(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=f"{place} is no folder, or lies in a file"), alone_in(tmp_path / place):
        pass


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="it is where no folder can be made")
def test_a_place_that_cannot_be_written_is_told() -> None:
    words = r"/proc/out cannot be made or written: .*Choose another folder"
    with pytest.raises(StorageError, match=words), alone_in(Path("/proc/out")):
        pass
