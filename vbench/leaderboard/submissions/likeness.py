"""How much two results are alike: what is kept of each, and what two of these say of copies.

Of a result the mean scores of a fixed choice of prompts and dimensions are kept, and digests of some of its videos.
A copy in which some values are changed, or all by very little, is still alike in most; honest results of two models, or
of two runs of one, are alike by chance in a few of a hundred.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vbench.benchmarks.t2v import RULES
from vbench.prompts.digests import normal
from vbench.runs.store import Row

CONTINUOUS = tuple(name for name, rule in RULES.items() if rule.is_continuous)
"""Dimensions whose values are not alike by chance, as counts of frames are."""

KEPT = 256
"""Prompts and dimensions, and videos, of which something is kept; those whose digests come first."""

CLOSE = 1e-4
"""Difference of two means below which they are alike."""

FEWEST = 10
"""What two results must have in common before anything is said."""

COPY = 0.5
"""Share of what two results have in common from which one is a copy of the other."""


@dataclass(frozen=True)
class Likeness:
    """How much of two results is the same.

    Attributes:
        scores: share of alike means among those of both, 0..1.
        videos: share of same files among the videos that are kept of both, 0..1.
    """

    scores: float
    videos: float

    @property
    def is_copy(self) -> bool:
        """Whether one of the two is a copy."""
        return max(self.scores, self.videos) >= COPY


def likeness_of(rows: Iterable[Row]) -> dict[str, Any]:
    """What is kept of a result, as JSON types."""
    values: dict[str, list[float]] = defaultdict(list)
    videos = set()
    for row in rows:
        if row.sha256:
            videos.add(row.sha256[:16])
        if row.value is not None and row.dimension in CONTINUOUS:
            values[f"{row.dimension} {normal(row.prompt)}"].append(row.value)
    units = {hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]: name for name in values}
    means = {unit: sum(values[units[unit]]) / len(values[units[unit]]) for unit in sorted(units)[:KEPT]}
    return {"means": means, "videos": sorted(videos)[:KEPT]}


def compared(first: Mapping[str, Any], second: Mapping[str, Any]) -> Likeness:
    """How much two results are alike, from what is kept of them."""
    one, two = first.get("means", {}), second.get("means", {})
    common = one.keys() & two.keys()
    alike = sum(abs(one[unit] - two[unit]) < CLOSE for unit in common)
    videos = [set(kept.get("videos", ())) for kept in (first, second)]
    fewer = min(map(len, videos))
    same = len(videos[0] & videos[1])
    return Likeness(alike / len(common) if len(common) >= FEWEST else 0.0, same / fewer if fewer >= FEWEST else 0.0)
