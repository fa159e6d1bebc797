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


class Unavailable(VBenchError):
    """The board cannot answer now: its database is locked or away, the disk is full. Nothing was changed.

    Attributes:
        full: whether there is no room, which waiting does not mend.
    """

    def __init__(self, reason: str, full: bool = False) -> None:
        self.full = full
        super().__init__(reason)


class Busy(VBenchError):
    """The board has too much to do, or too much to do for this sender.

    Attributes:
        seconds: after which it is worth coming back.
    """

    def __init__(self, reason: str, seconds: float = 10) -> None:
        self.seconds = seconds
        super().__init__(reason)


class TooLarge(VBenchError):
    """More was sent than is taken."""
