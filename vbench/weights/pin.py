"""The digest of a file for which none is published: pinned beside it, in the form of ``sha256sum``, once it was read.

From then on another file in its place is refused, whoever put it there.
"""

from __future__ import annotations

import re
from pathlib import Path

from vbench.errors import CheckpointError
from vbench.files.atomic import replace_whole
from vbench.files.digest import digest

_SHA256 = re.compile(r"[0-9a-f]{64}")


def pin_file(path: Path) -> Path:
    """Where the digest of a file is pinned."""
    return path.with_name(f"{path.name}.sha256")


def pinned(path: Path) -> str:
    """The digest that a file must have, ``""`` where none is pinned."""
    try:
        found = _SHA256.match(pin_file(path).read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return ""
    return found[0] if found else ""


def pin(path: Path, sha256: str) -> None:
    """Pin a digest; of two who do so at once the first is right.

    Raises:
        CheckpointError: another is pinned.
    """
    text = f"{sha256}  {path.name}\n"
    try:
        with pin_file(path).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        if not pinned(path):
            replace_whole(pin_file(path), text.encode())
    refuse_another(path, sha256)


def refuse_another(path: Path, sha256: str) -> None:
    """Refuse a file with another digest than the pinned one.

    Raises:
        CheckpointError: it has; the message says how to accept it.
    """
    if (first := pinned(path)) and first != sha256:
        raise CheckpointError(
            f"sha256 {sha256}, where {first} is pinned in {pin_file(path)}, from the file that was read first. If the "
            "publisher has replaced it, delete the pin and download it again."
        )


def refuse_changed(path: Path) -> None:
    """Refuse a file in the cache that is no longer what was pinned.

    Raises:
        CheckpointError: it is not.
    """
    if pin_file(path).is_file():
        try:
            refuse_another(path, digest(path))
        except CheckpointError as error:
            raise CheckpointError(f"{path} was changed since it was read first: {error}") from None
