"""A bounded folder of copies of what lies elsewhere: brought when asked for, the longest unused leave for want of room.

Each copy has a folder of its own, whose time says when it was last asked for, so that the copy itself stays as it was
written. Processes share the stage: a copy appears whole or not at all, and none leaves between being asked for and
being opened.
"""

from __future__ import annotations

import math
import os
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vbench.errors import UsageError
from vbench.files.cache import cache_dir
from vbench.files.lock import THIS_PROCESS, alive

BOUND = "VBENCH_STAGE_GB"
"""Environment variable: gigabytes (10^9 bytes) of copies that are kept."""

USUAL_BOUND = 20.0

GLANCES = 64
"""A process looks at what there is after each so manieth part of the bound that it brings."""

ABANDONED = 86400.0
"""Seconds after which the half of a copy is nobody's any more, whatever machine began it."""

_here = threading.local()
"""The copy that a thread asked for last, held open."""

_settling = threading.Lock()
"""Held while a copy of this process appears and is not open yet, and while it removes any."""

_counting = threading.Lock()
_since: list[int] = []
"""Bytes of what this process brought since it looked at what there is; empty where it never did."""


def stage_dir() -> Path:
    """The folder of the copies, in the cache folder. It need not exist."""
    return cache_dir() / "remote"


def bound() -> int:
    """Bytes of copies that are kept.

    Raises:
        UsageError: the environment states no number of gigabytes.
    """
    said = os.environ.get(BOUND, "") or str(USUAL_BOUND)
    try:
        size = float(said)
    except ValueError:
        size = math.nan
    if not 0 <= size < math.inf:
        raise UsageError(f"{BOUND} is the gigabytes of copies to keep, such as {USUAL_BOUND:g}; found {said!r}.")
    return int(size * 1e9)


def copy(name: str, suffix: str, bring: Callable[[Path], None]) -> Path:
    """The path of a copy, which stays there at least until this thread asks for another.

    Args:
        name: of the copy, characters of a file name; another content has another name.
        suffix: of the file, as readers go by it.
        bring: writes the file at the path that it is given, whole, or raises.

    Raises:
        OSError: the stage cannot be written, or what ``bring`` raises.
    """
    file = stage_dir() / name / f"copy{suffix}"
    held, brought = _held(file), 0
    while not held:
        held, size = _brought(file, bring)
        brought += size
    _here.held = held
    now = time.time_ns()  # a file system's own clock is coarser
    with suppress(OSError):  # it is another user's
        os.utime(file.parent, ns=(now, now))
    if brought and _is_due(brought):
        with _settling:
            _make_room(bound(), but=file.parent)
    return file


def _brought(file: Path, bring: Callable[[Path], None]) -> tuple[_Held | None, int]:
    """Have a copy made, hold it, and say how many bytes it has; ``None`` where another process just removed it."""
    with _half(file.parent.name) as half:
        bring(half / file.name)
        size = (half / file.name).stat().st_size
        with _settling, suppress(FileNotFoundError):
            file.parent.mkdir(exist_ok=True)
            (half / file.name).replace(file)
            return _held(file), size
    return None, size


def _is_due(brought: int) -> bool:
    """Whether this process shall look at what there is, after so many bytes more."""
    with _counting:
        first = not _since
        _since.append(brought)
        if due := first or sum(_since) >= bound() / GLANCES:
            _since[:] = [0]
        return due


@contextmanager
def _half(name: str) -> Iterator[Path]:
    """A folder for what is not whole yet; its name says whose it is."""
    half = stage_dir() / f".{name}.{os.getpid()}.{THIS_PROCESS}{secrets.token_hex(4)}.{socket.gethostname()}"
    half.mkdir(parents=True)
    try:
        yield half
    finally:
        shutil.rmtree(half, ignore_errors=True)


class _Held:
    """A copy that is open and held with others: systems with such locks do not have it removed, the others cannot.

    Raises:
        FileNotFoundError: it is not there.
    """

    def __init__(self, file: Path) -> None:
        self.descriptor = os.open(file, os.O_RDONLY)
        _lock(self.descriptor, alone=False)

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)


def _held(file: Path) -> _Held | None:
    """Hold a copy; ``None`` where there is none, or it was just removed."""
    try:
        held = _Held(file)
    except FileNotFoundError:
        return None
    return held if os.fstat(held.descriptor).st_nlink else None


def _lock(descriptor: int, alone: bool) -> bool:
    """Hold an open file with others, or alone if nobody else does; where there are no locks it seems to be so."""
    try:
        import fcntl
    except ModuleNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _make_room(size: int, but: Path) -> None:
    """Remove the copies that were not asked for the longest, but for one, until so many bytes are left."""
    there: list[tuple[int, int, Path]] = []
    for folder in stage_dir().iterdir():
        with suppress(OSError):
            if folder.name.startswith("."):
                _remove_if_abandoned(folder)
            else:
                there.append((folder.stat().st_mtime_ns, sum(file.stat().st_size for file in folder.iterdir()), folder))
    total = sum(bytes_ for _, bytes_, _ in there)
    for _, bytes_, folder in sorted(there):
        if total <= size:
            return
        if folder == but:
            continue
        with suppress(OSError):  # another removes it, or reads it where what is open cannot be removed
            total -= bytes_ if _removed(folder) else 0


def _removed(folder: Path) -> bool:
    for file in folder.iterdir():
        with file.open("rb") as opened:
            if not _lock(opened.fileno(), alone=True):
                return False
            file.unlink()
    folder.rmdir()
    return True


def _remove_if_abandoned(half: Path) -> None:
    """Remove what somebody who was killed has left."""
    _, _, process, which, host = (half.name + "....").split(".", 4)
    ended = host.rstrip(".") == socket.gethostname() and process.isdecimal() and not alive(int(process), which)
    if ended or time.time() - half.stat().st_mtime > ABANDONED:
        shutil.rmtree(half, ignore_errors=True)
