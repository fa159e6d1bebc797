"""Digests of files: SHA-256, computed once per process for an unchanged file, and what git calls a file."""

from __future__ import annotations

import errno
import hashlib
import stat
from functools import lru_cache
from pathlib import Path
from typing import Any


def digest(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal characters; computed once per process for an unchanged file.

    Raises:
        OSError: it is not there, cannot be read, or is a pipe or device, of which reading might never end.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no file but a folder, pipe, socket or device", str(path))
    return _digest(path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=4096)
def _digest(path: Path, size: int, modified: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else _sha256(file)


def _sha256(file: Any) -> str:  # Python 3.10 has no hashlib.file_digest
    sha = hashlib.sha256()
    while block := file.read(1 << 20):
        sha.update(block)
    return sha.hexdigest()


def git_blob(path: Path) -> str:
    """What git calls the content of a file: 40 hexadecimal characters, as ``git hash-object`` prints them."""
    sha = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            sha.update(block)
    return sha.hexdigest()


def content_of(path: Path) -> str:
    """SHA-256 of a video or a checkpoint; of a folder, of its files' names and digests."""
    if not path.is_dir():
        return digest(path)
    files = sorted(file for file in path.iterdir() if file.is_file())
    return hashlib.sha256("".join(file.name + digest(file) for file in files).encode()).hexdigest()
