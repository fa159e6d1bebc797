"""The part of a file that was fetched so far: under a name of its own, kept for the next download where this one ends.

Of two downloads of one file neither ever writes into what the other has. A part is continued only by the same body, as
the server names it (its entity tag, or when it was modified), or where a digest will tell.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vbench.files.lock import THIS_PROCESS, alive

_MARK = _LEFT = ".part"


@dataclass
class Part:
    """A part that one download alone writes.

    Attributes:
        target: the file that it will be.
        body: of which it is a part, ``""`` where the server does not say.
        path: where it lies.
        continued: whether an earlier download began it.
    """

    target: Path
    body: str
    path: Path
    continued: bool = False

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self.path.stat().st_size if self.path.exists() else 0

    def leave(self) -> None:
        """Let the next download continue it."""
        if self.size:
            self.path.replace(_left_at(self.target, self.body))

    def drop(self) -> None:
        """Nobody shall continue it."""
        self.path.unlink(missing_ok=True)


def body_of(headers: Mapping[str, str]) -> str:
    """Which body a server gives, ``""`` where it does not say for certain."""
    tag = headers.get("ETag", "")
    named = headers.get("Last-Modified", "") if not tag or tag.startswith("W/") else tag
    return hashlib.sha256(named.encode()).hexdigest()[:12] if named else ""


def taken(target: Path, body: str, afresh: bool) -> Part:
    """A part for this download: what an earlier one left of the same body, otherwise an empty one.

    Args:
        target: the file that it will be.
        body: as :func:`body_of` names it.
        afresh: leave what an earlier one left.
    """
    fields = (body, _host(), str(os.getpid()), f"{THIS_PROCESS}{secrets.token_hex(4)}", target.name)
    part = Part(target, body, target.with_name(".".join((_MARK, *fields))))
    for left in () if afresh else parts_left(target, body):
        try:
            left.rename(part.path)
        except FileNotFoundError:  # another download was faster
            continue
        part.continued = True
        break
    return part


def parts_left(target: Path, body: str | None = None) -> Iterator[Path]:
    """Parts that no download is at: left where a connection ended, or by a process that was killed.

    Args:
        target: the file that they would be.
        body: of which they are; any by default.
    """
    for path in sorted(target.parent.iterdir()):
        if path.name.startswith(f"{target.name}.") and path.name.endswith(_LEFT):
            if body is None or path == _left_at(target, body):
                yield path
        elif path.name.startswith(f"{_MARK}.") and path.name.endswith(f".{target.name}"):
            fields = path.name.split(".", 6)
            if len(fields) == 7 and body in (None, fields[2]) and fields[3] == _host() and _is_dead(*fields[4:6]):
                yield path


def _is_dead(process: str, which: str) -> bool:
    return process.isdecimal() and not alive(int(process), which)


def _left_at(target: Path, body: str) -> Path:
    return target.with_name(f"{target.name}{f'.{body}' if body else ''}{_LEFT}")


def _host() -> str:
    return re.sub(r"\W", "-", socket.gethostname())
