"""What a check has found so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from vbench.errors import Refused

MOST_REASONS = 40


@dataclass
class Findings:
    """Sentences by what follows from them.

    Attributes:
        reasons: why it is refused.
        notes: what a reader should know.
        apart: why it is not ranked.
        unverified: what nobody but the submitter knows; every reader is told.
        flags: what looks strange; whoever publishes is told.
    """

    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    unverified: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether there are more reasons than anybody reads."""
        return len(self.reasons) > MOST_REASONS

    def settle(self) -> None:
        """Refuse if there is any reason to.

        Raises:
            Refused: with the reasons.
        """
        if self.full:
            self.reasons[MOST_REASONS:] = [f"There are {len(self.reasons) - MOST_REASONS} more reasons."]
        if self.reasons:
            raise Refused(self.reasons)
