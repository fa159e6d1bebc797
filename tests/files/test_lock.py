from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import Timer

import pytest

from vbench.errors import StorageError, UsageError
from vbench.files.lock import MOMENT, NAME, alone_in


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
    with alone_in(tmp_path), pytest.raises(UsageError, match="is in use"), alone_in(tmp_path / "."):
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


def test_a_clock_that_was_set_back_makes_nobody_wait(tmp_path: Path) -> None:
    (tmp_path / NAME).touch()  # as a crash leaves it
    os.utime(tmp_path / NAME, (time.time() + 3600, time.time() + 3600))
    with alone_in(tmp_path):
        pass


def take_one_after_the_other(folders: list[Path], barrier: Barrier, said: Queue[str]) -> None:
    for folder in folders:
        barrier.wait()
        try:
            with alone_in(folder):
                (folder / "here").mkdir()  # fails where another is in it
                time.sleep(0.003)
                (folder / "here").rmdir()
        except UsageError:
            pass
        except OSError as error:
            said.put(str(error))


def test_of_several_that_find_a_dead_processes_lock_one_has_the_folder(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    folders = [tmp_path / str(number) for number in range(100)]
    for folder in folders:
        folder.mkdir()
        (folder / NAME).write_text(f"{dead.pid} {socket.gethostname()}")
    context = multiprocessing.get_context("spawn")
    said = context.Queue()
    arguments = folders, context.Barrier(4), said
    takers = [context.Process(target=take_one_after_the_other, args=arguments) for _ in range(4)]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()
    assert said.empty()
    assert list(tmp_path.rglob(f"{NAME}*")) == []


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    """Whoever takes the folder finds that it is there, and whoever looks at it that it is not, again and again."""
    (tmp_path / NAME).symlink_to("nowhere")
    with pytest.raises(UsageError, match="leads nowhere: remove it"), alone_in(tmp_path):
        pass


def test_a_process_that_nobody_has_asked_how_it_ended_has_nothing(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    (tmp_path / NAME).write_text(f"{child.pid} {socket.gethostname()} other")
    with alone_in(tmp_path):
        pass
    assert child.wait() == 0


def test_a_process_that_is_about_to_end_is_waited_for(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        (tmp_path / NAME).write_text(f"{child.pid} {socket.gethostname()} other")
        Timer(MOMENT / 4, child.kill).start()
        with alone_in(tmp_path):
            assert child.wait() == -signal.SIGKILL
