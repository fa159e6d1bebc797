"""One process at a time in a folder, or at a file: a file that names the process, given up when it ends or dies."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from vbench.errors import StorageError, UsageError
from vbench.files.address import refuse_as_output

NAME = ".vbench.lock"

THIS_PROCESS = secrets.token_hex(8)
"""Tells this process from an earlier one of its number: where a container is started anew, numbers begin anew."""

DIGITS = 20
"""That the number of a process may have; whatever else stands in a lock, nobody has written."""

MOMENT = 2.0
"""Seconds that a process which was killed may take to be gone, and for which an empty lock may be one that is being
written, where there are no links."""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Have a folder for oneself while the block runs; made if it is not there.

    Raises:
        UsageError: it is no folder, or an address; or another process that is still alive, or one of another machine,
            has it.
        StorageError: it cannot be made, or not be written.
    """
    refuse_as_output(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _take(folder / NAME, folder)
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(f"{folder} is no folder, or lies in a file: choose another.") from error
    except OSError as error:
        raise StorageError(f"{folder} cannot be made or written: {error.strerror}. Choose another folder.") from error
    try:
        yield
    finally:
        (folder / NAME).unlink(missing_ok=True)


@contextmanager
def alone_with(file: Path) -> Iterator[None]:
    """Have a file for oneself while the block runs, by a lock beside it.

    Raises:
        UsageError: another process that is still alive, or one of another machine, has it.
        OSError: its folder is not there, or cannot be written.
    """
    path = file.with_name(f".{file.name[:40]}{NAME}")
    _take(path, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _take(path: Path, what: Path) -> None:
    """Have a lock at once, or say who has what it is for."""
    own = path.with_name(f"{NAME}.{secrets.token_hex(8)}")
    try:
        own.write_text(f"{os.getpid()} {socket.gethostname()} {THIS_PROCESS}", encoding="utf-8")
        ends = time.monotonic() + MOMENT
        while not _taken(path, own):
            _clear_if_dead_by(ends, path, what)
    finally:
        own.unlink(missing_ok=True)


def _clear_if_dead_by(ends: float, path: Path, what: Path) -> None:
    try:
        _clear_if_dead(path, what)
    except UsageError:
        if time.monotonic() >= ends:
            raise
        time.sleep(MOMENT / 20)


def take_over(folder: Path, seconds: float) -> None:
    """Have a folder's lock go, for whoever knows that its process has ended, or ends within so many seconds.

    A process number says nothing of one of another machine, and little in a container, where each program is number 1.
    """
    path, ends = folder / NAME, time.monotonic() + seconds
    while path.exists() and time.monotonic() < ends:
        try:
            _clear_if_dead(path, folder)
        except UsageError:
            time.sleep(min(1.0, seconds / 10))
    path.unlink(missing_ok=True)


def _taken(path: Path, own: Path) -> bool:
    """Whether the lock is ours now; a link appears with all that is written in it, or not at all."""
    try:
        path.hardlink_to(own)
    except FileExistsError:
        return False
    except OSError:  # a file system without links: a reader may meet the file before its text
        return _made(path, own.read_text(encoding="utf-8"))
    return True


def _made(path: Path, text: str) -> bool:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _clear_if_dead(path: Path, what: Path) -> None:
    """Remove the lock that a dead process left; of several that find it one does, and none what that one puts there."""
    try:
        with path.open("r+" if os.access(path, os.W_OK) else "r", encoding="utf-8", errors="replace") as file:
            _wait_for_others(file)
            found = os.fstat(file.fileno())
            if os.path.samestat(found, path.stat()) and _is_dead(path, what, file.read(), found.st_mtime):
                path.unlink()
    except FileNotFoundError:
        if path.is_symlink():  # it is there for whoever makes it, and for nobody else
            raise UsageError(f"{path} is a link that leads nowhere: remove it.") from None


def _wait_for_others(file: TextIO) -> None:
    """Have an open lock for oneself until it is closed, where the system and the file system can do that."""
    with suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)


def _is_dead(path: Path, what: Path, text: str, written: float) -> bool:
    process, host, which = [*text.split(" "), "", ""][:3]
    if not process and abs(time.time() - written) < MOMENT:  # a clock that was set back makes no lock younger
        time.sleep(MOMENT / 20)
        return False
    if host not in ("", socket.gethostname()):
        raise UsageError(f"{what} is in use by process {process} on {host}; if that has ended, remove {path}.")
    if process.isdecimal() and len(process) <= DIGITS and alive(int(process), which):
        raise UsageError(f"{what} is in use by process {process}: wait for it. If it has ended, remove {path}.")
    return True


def alive(process: int, which: str) -> bool:
    """Whether a process of this machine is there; where it cannot be asked, it is taken to be.

    Args:
        process: its number.
        which: begins with its :data:`THIS_PROCESS`.
    """
    if process == os.getpid():
        return which.startswith(THIS_PROCESS)
    if os.name == "nt":  # asking would interrupt it there
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return not _has_ended(process)


def _has_ended(process: int) -> bool:
    """Whether a process is only there because nobody has asked how it ended, as in a container without an init."""
    with suppress(OSError):
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        return state.split()[0] in ("Z", "X")
    return False
