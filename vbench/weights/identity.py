"""What tells the weights of a folder from others: the commit of the hub's cache that they are of, or their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from vbench.files.digest import digest
from vbench.weights.cards import checkpoint, locate


def commit(path: Path) -> str:
    """The commit of a repository in the Hugging Face hub's cache, ``""`` for what lies elsewhere."""
    for here in (path, *path.parents):
        if here.parent.name == "snapshots" and here.parent.parent.name.startswith("models--"):
            return here.name
    return ""


def identity(weights: Path) -> str:
    """SHA-256 of a file of weights; the size of one that a commit names, as its content is the commit's.

    By name and size a checkpoint is not known: training programs write each step's weights over the last one's.
    """
    return str(weights.stat().st_size) if commit(weights) else digest(weights)


def content(name: str, checkpoints: str = "") -> str:
    """What tells the files of a checkpoint from others of its name: the commit that they are of, or their SHA-256.

    Args:
        name: of the card.
        checkpoints: a folder that stands for the cache.

    Raises:
        MissingCheckpoint: it is not there.
    """
    card, place = checkpoint(name), locate(name, checkpoints)
    if named := commit(place):
        return named
    if not card.is_folder:
        return digest(place)
    return of_files(place, (file for pattern in card.files for file in place.glob(pattern) if file.is_file()))


def of_files(folder: Path, files: Iterable[Path]) -> str:
    """SHA-256 over the names and the content of files in a folder, in whatever order they are given."""
    lines = sorted({f"{file.relative_to(folder).as_posix()} {identity(file)}\n" for file in files})
    return hashlib.sha256("".join(lines).encode()).hexdigest()
