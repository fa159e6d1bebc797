"""Which commit of a repository is read, where its card names a branch: the one that somebody has pinned here.

``vbench generators pin NAME`` asks the hub which commit a branch or pull request is now, and keeps it in
``revisions.json`` in the cache. From then on that commit is read, whatever is published after it.
"""

from __future__ import annotations

import json
from pathlib import Path

from vbench.errors import CheckpointError
from vbench.files.atomic import write_atomically
from vbench.files.cache import cache_dir
from vbench.files.json_file import plain_json
from vbench.files.text import read_text

CHARACTERS = 40
"""Of a commit."""

SHORT = 7
"""Characters of a commit that people are told."""


def pins_file() -> Path:
    """Where the pins of this machine are: ``{"OWNER/NAME@BRANCH": "COMMIT"}``."""
    return cache_dir() / "revisions.json"


def is_commit(revision: str) -> bool:
    """Whether a revision always has the same files.

    >>> is_commit("main"), is_commit("0653024365272f061fc44d1078134df22842b687")
    (False, True)
    """
    return len(revision) == CHARACTERS and set(revision) <= set("0123456789abcdef")


def read_at(repository: str, revision: str) -> str:
    """The commit of a repository that is pinned here, or the revision itself.

    Raises:
        CheckpointError: the file of pins cannot be read.
    """
    return revision if is_commit(revision) else _pins().get(f"{repository}@{revision}", revision)


def pin(repository: str, revision: str, commit: str) -> None:
    """Read a commit from now on where a card names this revision.

    Raises:
        CheckpointError: the file of pins cannot be read, or this is no commit.
    """
    if not is_commit(commit):
        raise CheckpointError(f"The hub names no commit of {repository} at {revision}, found {commit!r}.")
    pins = {**_pins(), f"{repository}@{revision}": commit}
    write_atomically(pins_file(), json.dumps(pins, indent=2, sort_keys=True) + "\n")


def _pins() -> dict[str, str]:
    path = pins_file()
    try:
        pins = plain_json(read_text(path))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}): mend it, or delete it to follow branches.") from error
    if not isinstance(pins, dict) or not all(isinstance(one, str) and is_commit(one) for one in pins.values()):
        raise CheckpointError(f'{path} must say which commit: {{"OWNER/NAME@BRANCH": "COMMIT"}}, commits whole.')
    return pins
