"""Who is told how a run advances."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vbench.store import Row


class Progress:
    """Whoever is told how a run advances; this one does not listen."""

    def start(self, units: int, done: int) -> None:
        """A run of so many units begins, of which so many were stored before."""

    def unit(self, row: Row) -> None:
        """A unit was computed and is on disk."""

    def skipped(self, units: int) -> None:
        """So many units will not be computed, as their dimension cannot be evaluated."""

    def note(self, text: str) -> None:
        """Something that a person should read."""

    def finish(self) -> None:
        """The run ends, one way or the other."""
