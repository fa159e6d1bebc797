"""Errors that a user can act on: each says what was found, what was expected and what to do.

They are printed as one paragraph without a traceback; anything else that is raised is a bug of ours
and keeps its traceback.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any


def first_line(error: Exception) -> str:
    r"""What an error says in one line; its kind where it says nothing.

    >>> first_line(RuntimeError("no room\nat ...")), first_line(TimeoutError())
    ('no room', 'TimeoutError')
    """
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


class VBenchError(Exception):
    """Root of every error that is the input's or the installation's, not the program's."""

    def __str__(self) -> str:
        """The message; an error of the system that it quotes is told in words, without its number.

        >>> str(VBenchError("s3://bucket cannot be read: [Errno None] Unable to connect"))
        's3://bucket cannot be read: Unable to connect'
        """
        return re.sub(r"\[(Errno|WinError) (-?\d+|None)\] ", "", super().__str__())


class UsageError(VBenchError):
    """The call itself cannot be carried out: unknown dimension, missing folder, options that exclude each other."""


class VideoError(VBenchError):
    """A file cannot be decoded into frames."""


class Unavailable(VideoError):
    """A file could not be read just now: it is gone, forbidden, or its disk failed; the next try may succeed."""


class StorageError(VBenchError):
    """A disk or file system does not do what is asked of it; the message says what, and results are never at fault."""


class TooShort(VBenchError):
    """A video has too few frames for a dimension; recorded as a status of its own, never as 0 or NaN."""


class NotApplicable(VBenchError):
    """A dimension cannot judge this video: no facts in the prompt, frames too small for the backbone."""


class NotStatic(VBenchError):
    """A video moves, so that a dimension which judges static videos only passes it over.

    Attributes:
        details: what was measured, as it stands in the video's row.
    """

    def __init__(self, details: Mapping[str, Any]) -> None:
        self.details = dict(details)
        super().__init__("it moves: the static filter passes it over")


class CheckpointError(VBenchError):
    """Root of everything that can be wrong with a checkpoint."""


class MissingCheckpoint(CheckpointError):
    """The checkpoint's file is not in the cache; the message carries the command that gets it."""


class UnsafeCheckpoint(CheckpointError):
    """The file asks for code to be run while it is read; it is refused and nothing of it is executed."""


class CheckpointMismatch(CheckpointError):
    """Keys or shapes of the file are not those of the network; the message lists them."""


class MissingExtra(VBenchError):
    """An optional package is not installed; the message carries the pip command."""


class PluginError(VBenchError):
    """What another package registers cannot be used; the message names the package and says why."""


class NothingToScore(VBenchError):
    """A plan without a single score to make; the message says what was asked, what could answer, and what is left."""


class Refused(VBenchError):
    """A submission that does not hold.

    Attributes:
        reasons: all of them, each a sentence.
    """

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join(self.reasons))
