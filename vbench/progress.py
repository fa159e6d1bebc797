"""Who is told how a run or a sampling advances."""

from __future__ import annotations


class Progress:
    """Whoever is told how work advances; this one does not listen."""

    def start(self, units: int, done: int, what: str = "scores") -> None:
        """So many units of something are wanted, of which so many were stored before."""

    def unit(self, label: str, finding: str = "") -> None:
        """A unit is done and on disk.

        Args:
            label: what it was, in a word or two.
            finding: what a person should know of it, ``""`` where all is well.
        """

    def skipped(self, units: int) -> None:
        """So many units will not be done."""

    def note(self, text: str) -> None:
        """Something that a person should read."""

    def finish(self) -> None:
        """The work ends, one way or the other."""
