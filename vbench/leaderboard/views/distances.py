"""Published distances between sets of videos, and Inception Scores: by what was measured, on which data, of what.

Frames and videos, and different data sets, are different measures: each has a table of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from vbench.files.json_file import plain_json
from vbench.leaderboard.views.published_figures import DATA

HIGHER = "higher"


@dataclass(frozen=True)
class Measure:
    """One measure with what was printed of it.

    Attributes:
        name: such as ``FVD``.
        of: what is compared: ``frames`` or ``videos``.
        data_set: on which; ``""`` where the source does not say.
        better: whether ``higher`` or ``lower`` values are.
        rows: model -> value, the best first.
        source: who printed it.
    """

    name: str
    of: str
    data_set: str
    better: str
    rows: Mapping[str, float]
    source: str

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.name} of {self.of}, {self.data_set or 'data set not stated'}"


@cache
def published_distances() -> tuple[Measure, ...]:
    """The measures, in the order of the file."""
    data = plain_json((DATA / "published_distances.json").read_text(encoding="utf-8"))
    return tuple(
        Measure(**{**one, "rows": _ordered(one["rows"], one["better"])}, source=data["source"])
        for one in data["measures"]
    )


def _ordered(rows: Mapping[str, float], better: str) -> dict[str, float]:
    return dict(sorted(rows.items(), key=lambda row: row[1], reverse=better == HIGHER))
