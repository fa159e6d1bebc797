"""What tells the weights of a folder from others: the commit of the hub's cache that they are of, or their content."""

from __future__ import annotations

from pathlib import Path

from vbench.files.digest import digest


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
