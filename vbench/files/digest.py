"""Digests of files: SHA-256, and what git calls a file; computed once for a file that stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vbench.files import kept_digests
from vbench.files.kept_digests import FileState

MOST = 4096
"""Digests that are remembered within a process."""

_here: dict[tuple[str, FileState], str] = {}


def digest(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal characters.

    Raises:
        OSError: it is not there, cannot be read, or is a pipe or device, of which reading might never end.
    """
    return _known("sha256", path, _sha256)


def git_blob(path: Path) -> str:
    """What git calls the content of a file: 40 hexadecimal characters, as ``git hash-object`` prints them.

    Raises:
        OSError: see :func:`digest`.
    """
    return _known("git", path, _git_blob)


def content_of(path: Path) -> str:
    """SHA-256 of a video or a checkpoint; of a folder, of its files' names and digests."""
    if not path.is_dir():
        return digest(path)
    return hashlib.sha256("".join(file.name + digest(file) for file in _files(path)).encode()).hexdigest()


def forget(path: Path) -> None:
    """Have a file, or the files of a folder, read anew when its digest is asked for next, whatever was kept of it."""
    for file in _files(path) if path.is_dir() else [path]:
        kept_digests.drop(file)
    _here.clear()


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.is_file())


def _known(kind: str, path: Path, read: Callable[[Path], str]) -> str:
    state = FileState.of(path)
    if not (found := _here.get((kind, state)) or kept_digests.kept(kind, state)):
        settled = state.is_settled()
        found = read(path)
        if settled and FileState.of(path) == state:
            kept_digests.keep(kind, state, found)
    if len(_here) >= MOST:
        _here.clear()
    _here[kind, state] = found
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return _fed(hashlib.sha256(), file)


def _git_blob(path: Path) -> str:
    with path.open("rb") as file:
        return _fed(hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False), file)


def _fed(sum_: Any, file: Any) -> str:
    while block := file.read(1 << 20):
        sum_.update(block)
    return str(sum_.hexdigest())
