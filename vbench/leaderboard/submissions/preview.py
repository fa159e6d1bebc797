"""What would become of a submission, of which nothing is kept: every reason against it, before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vbench.errors import Refused
from vbench.files.strict_json import begins_an_object, loads
from vbench.leaderboard.settings import MIB
from vbench.leaderboard.submissions.validate import Checked, check_record

RECORD_ALONE = "This is the record of a run. Its scores were not looked at: they come with the archive."

OF_A_RECORD = {"version", "mode", "status", "profile"}
"""Fields by which the record of a run is known."""


@dataclass(frozen=True)
class Preview:
    """What would become of a submission.

    Attributes:
        reasons: why it would be refused, all of them; empty where it would be taken.
        flags: why somebody would look before it is published.
        apart: why it would not be ranked.
        notes: what readers would be told.
        scores: as the board would show them.
        model: name and version, as far as they are known.
    """

    reasons: Sequence[str] = ()
    flags: Sequence[str] = ()
    apart: Sequence[str] = ()
    notes: Sequence[str] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    model: str = ""

    def plain(self) -> dict[str, Any]:
        """Everything as JSON types."""
        lists = {name: list(getattr(self, name)) for name in ("reasons", "flags", "apart", "notes")}
        return {"accepted": not self.reasons, **lists, "scores": dict(self.scores), "model": self.model}


def of_checked(checked: Checked, flags: Sequence[str]) -> Preview:
    """Of a submission that holds, and what looks strange about it."""
    return Preview(
        (), tuple(flags), tuple(checked.apart), (*checked.unverified, *checked.notes),
        {name: figure.value for name, figure in checked.scores.items()},
        f"{checked.card.name} {checked.card.version}".strip(),
    )  # fmt: skip


def of_record(content: bytes) -> Preview | None:
    """Of the record of a run alone, ``run.json``; ``None`` where it is something else."""
    if len(content) > MIB or not begins_an_object(content):
        return None
    try:
        record = loads(content, "run.json")
    except Refused:
        return None
    if not isinstance(record, dict) or not record.keys() >= OF_A_RECORD:
        return None
    try:
        found = check_record(record)
    except Refused as error:
        return Preview(error.reasons)
    return Preview(tuple(found.reasons), (), tuple(found.apart), (RECORD_ALONE, *found.notes))
