"""What we made in a folder: nothing else is ever removed or written over.

Beside the files that a command leaves in a folder lies a list of them with their digests, in the format of
``sha256sum``. A file that is not on it, or is no longer as it was left, is somebody else's.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from vbench.errors import UsageError
from vbench.files.address import refuse_as_output
from vbench.files.atomic import replace_whole

LIST = ".made-by-vbench"

BESIDES = (LIST, ".DS_Store", "Thumbs.db", "desktop.ini")
"""Files that make no folder anybody's: the list itself, and what file managers leave."""

_MEANT = {"n": "\n", "r": "\r"}
"""Letters behind a backslash that mean another in a line that begins with one, as ``sha256sum`` writes such names."""


def claim(folder: Path) -> None:
    """Make a folder ours: one that is new, empty or was ours before.

    Raises:
        UsageError: it holds files and does not carry our list, or is no folder.
    """
    refuse_as_output(folder)
    if os.path.lexists(folder) and not folder.is_dir():
        raise UsageError(f"{folder} is no folder: choose another.")
    if folder.is_dir() and not (folder / LIST).is_file() and (found := sorted(_others(folder))):
        raise UsageError(
            f"{folder} holds files that vbench did not make ({found[0]}): choose a folder that is new or empty."
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LIST).touch()


def is_foreign(path: Path, listed_in: Path | None = None) -> bool:
    """Whether something is there that we did not make, or that was changed or replaced since.

    Args:
        path: the place.
        listed_in: the folder with the list; that of the path by default.
    """
    if not os.path.lexists(path):
        return False
    folder = listed_in or path.parent
    return _is_other(path, folder, _listed(folder))


def _is_other(path: Path, folder: Path, listed: Mapping[str, Collection[str]]) -> bool:
    """Whether what is there is not as a folder's list has it."""
    if path.is_symlink() or not path.is_file():
        return True
    return _digest_of(path) not in listed.get(path.relative_to(folder).as_posix(), ())


def write(path: Path, content: str | bytes, listed_in: Path | None = None) -> None:
    """Write a file whole and put it on the list.

    Args:
        path: the place.
        content: text, or bytes.
        listed_in: the folder with the list; that of the path by default.

    Raises:
        UsageError: something is there that we did not leave there.
    """
    refuse_as_output(path)
    content = content.encode(errors="replace") if isinstance(content, str) else content  # names may be no text
    if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
        return
    if is_foreign(path, listed_in):
        raise UsageError(_in_the_way(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    _list(path, _digest(content), listed_in or path.parent)  # first: a kill now leaves a line too many and no stranger
    replace_whole(path, content)


def move(made: Path, path: Path, listed_in: Path | None = None) -> None:
    """The same of a file that was made on the same disk, and may be too large to be held in memory.

    Raises:
        UsageError: as :func:`write`.
    """
    refuse_as_output(path)
    if is_foreign(path, listed_in):
        raise UsageError(_in_the_way(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    _list(path, _digest_of(made), listed_in or path.parent)
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.replace(path)


def refuse_foreign(*paths: Path) -> None:
    """Ask before the work what :func:`write` will ask after it.

    Raises:
        UsageError: something is in the place of one of these files that we did not leave there, or it is an address.
    """
    for path in paths:
        refuse_as_output(path)
        if is_foreign(path):
            raise UsageError(_in_the_way(path))


def foreign_files(folder: Path, listed_in: Path | None = None) -> list[Path]:
    """What is in a folder, and in those below it, that we did not make, sorted."""
    root = listed_in or folder
    listed = _listed(root)
    inside = sorted(path for path in folder.rglob("*") if path.name not in BESIDES)
    return [path for path in inside if (path.is_symlink() or not path.is_dir()) and _is_other(path, root, listed)]


def remove_own(folder: Path, listed_in: Path | None = None) -> None:
    """Remove the files of a folder that are as we left them, and nothing else."""
    root = listed_in or folder
    listed = _listed(root)
    for path in (root / name for name in listed):
        inside = folder in path.parents and ".." not in path.parts and os.path.lexists(path)
        if inside and not _is_other(path, root, listed):
            path.unlink(missing_ok=True)
            if path.parent != folder and path.parent.is_dir() and not any(path.parent.iterdir()):
                path.parent.rmdir()


def _in_the_way(path: Path) -> str:
    return f"{path} is there, and not as vbench left it: move it away, or choose another place for the result."


def _others(folder: Path) -> Iterator[str]:
    return (path.name for path in folder.iterdir() if path.name not in BESIDES)


def _listed(folder: Path) -> dict[str, set[str]]:
    """Path in the folder -> digests under which we ever left it."""
    listed: dict[str, set[str]] = {}
    if (folder / LIST).is_file():
        for line in (folder / LIST).read_text(encoding="utf-8", errors="surrogateescape").split("\n"):
            sha256, _, name = line.partition("  ")
            if sha256.startswith("\\"):
                sha256, name = sha256[1:], re.sub(r"\\(.)", lambda found: _MEANT.get(found[1], found[1]), name)
            listed.setdefault(name, set()).add(sha256)
    return listed


def _list(path: Path, sha256: str, folder: Path) -> None:
    name = path.relative_to(folder).as_posix()
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    mark = "\\" if escaped != name else ""
    with (folder / LIST).open("ab+") as file:
        file.seek(max(file.tell() - 1, 0))
        ended = file.read() in (b"", b"\n")  # a full disk may have cut the last line
        file.write(b"\n" * (not ended) + f"{mark}{sha256}  {escaped}\n".encode(errors="surrogateescape"))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
