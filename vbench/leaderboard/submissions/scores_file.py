"""``scores.jsonl`` of a submission: a line for each score, in one of the forms that a board reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vbench.dimensions.base import VERDICT
from vbench.files.strict_json import lines
from vbench.leaderboard.submissions.findings import Findings
from vbench.runs.score_video import DAMAGE
from vbench.runs.store import Row

FORMAT = 5
"""Of ``submission.json``; 1 had no format of the videos in its scores, before 3 no mark of damaged ones, before 4 none
of those that the static filter chose, before 5 no versions of decoding and filter in its record."""

MOST_ROWS = 100_000

SINCE = {"format": 2, "damage": 3, "static": 4}
"""Fields of a row -> the first format that has them."""

_FIELDS: dict[str, tuple[type, ...]] = {
    "video": (str,),
    "prompt": (str,),
    "dimension": (str,),
    "status": (str,),
    "value": (int, float, type(None)),
    "weight": (int, float, type(None)),
    "category": (str,),
    "content": (str,),
    "format": (str,),
    "damage": (str,),
    "static": (str,),
}

CHOSEN = "chosen"
"""Mark of a video that the static filter chose; others have none."""


def read_rows(content: bytes, form: int, found: Findings) -> list[Row]:
    """The rows, as far as their lines hold.

    Args:
        content: of the file.
        form: of the archive, by :data:`FORMAT`.
        found: is told what is wrong, and what readers should know.
    """
    rows = []
    for where, values in lines(content, "scores.jsonl", MOST_ROWS):
        if isinstance(values, dict):
            for name, since in SINCE.items():
                if form < since:
                    values.setdefault(name, "")
        if wrong := _wrong_fields(values):
            found.reasons.append(f"{where}: {wrong}.")
        else:
            damage, static = values.pop("damage"), values.pop("static")
            details: dict[str, Any] = {DAMAGE: damage} if damage else {}
            details |= {VERDICT: {}} if static == CHOSEN else {}
            rows.append(Row(cache_key="", sha256=values.pop("content"), details=details, **values))
        if found.full:
            break
    if form < SINCE["damage"]:
        found.unverified.append("Not recorded: which of the videos are damaged files.")
    _tell_damage(rows, found)
    return rows


def _tell_damage(rows: Sequence[Row], found: Findings) -> None:
    """Where videos are damaged, or cut, and decode all the same, readers are told, and somebody looks first."""
    damaged = {row.video: str(row.details[DAMAGE]) for row in rows if DAMAGE in row.details}
    if damaged:
        video, damage = min(damaged.items())
        videos = len({row.video for row in rows})
        said = f"{len(damaged)} of {videos} videos are damaged files, such as {video!r:.100}: {damage:.200}."
        found.notes.append(said)
        found.flags.append(said)


def _wrong_fields(values: Any) -> str:
    if not isinstance(values, dict) or values.keys() != _FIELDS.keys():
        return f"expected an object with {', '.join(_FIELDS)}"
    for name, kinds in _FIELDS.items():
        if not isinstance(values[name], kinds) or isinstance(values[name], bool):
            return f"{name} must not be {values[name]!r:.40}"
    return ""
