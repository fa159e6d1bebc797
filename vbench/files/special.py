"""What is no file although it has a file's name: a pipe, say, of which reading ends when somebody writes, if ever."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

HANDED_OVER = Path("/dev")
"""Where a shell hands over what another program writes: ``/dev/stdin``, ``<(...)``."""


def kind_of(path: Path) -> str:
    """``"a pipe"``, ``"a socket"``, ``"a device"`` or ``"a folder"``; ``""`` for a file.

    Raises:
        OSError: it is not there or cannot be asked.
    """
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        return ""
    names = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a folder"}
    return names.get(stat.S_IFMT(mode), "a device")


def refuse_special(path: Path) -> None:
    """Refuse to open what is no file, but for what a shell hands over.

    Raises:
        OSError: it is a folder, a pipe, a socket or a device, or is not there.
    """
    if HANDED_OVER not in path.parents and (kind := kind_of(path)):
        raise OSError(errno.EINVAL, f"it is {kind} and no file", str(path))
