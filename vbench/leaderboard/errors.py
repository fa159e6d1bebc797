"""Why the board does not do what was asked: every reason at once, for whoever has to act on it."""

from __future__ import annotations

from vbench.errors import Refused, VBenchError


class Duplicate(Refused):
    """What is there already.

    Attributes:
        first: number of the submission that has it; ``None`` where that one is nobody's to know.
    """

    def __init__(self, first: int | None, reason: str) -> None:
        self.first = first
        super().__init__([reason])


class NotAllowed(VBenchError):
    """The token does not give this right."""


class NotFound(VBenchError):
    """There is no such submission, or no such part of it."""
