"""Files that a reader never meets half written."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What a system says where a file cannot grow."""


def write_atomically(path: Path, text: str) -> None:
    """Replace a file of ours by way of a temporary one beside it, so that a reader never meets half of it.

    For what other means have shown to be ours; :func:`vbench.files.ours.write` is for places that a user names.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_whole(path, text.encode())


def replace_whole(path: Path, content: bytes) -> None:
    """Put a file in its place whole or not at all; its temporary one has a name that nobody else has."""
    partial = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}.tmp")
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
