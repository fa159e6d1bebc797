"""What becomes of a score in the course of a long video: its clips in the order of time, the slope, the drift.

The slope is the median of the slopes between all pairs of clips, its 95 % interval that of Sen, which asks for nothing
but independent errors: where neighbouring clips depart from the trend together, it is narrower than it should be.
Over a run the prompts are drawn, as the videos of one prompt change alike.

Source: Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau", JASA 1968.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

import numpy as np

from vbench.analysis.interval import NORMAL, interval
from vbench.analysis.statistics import DRAWS, counts_of_draws
from vbench.media.spans import seconds_of, video_of
from vbench.runs.store import SCORED, Row

FEWEST = 5
"""Clips from which on a slope has an interval: in n! orders the range of all slopes misses the true one twice."""


@dataclass(frozen=True)
class Slope:
    """Change of a score per second.

    Attributes:
        value: median over pairs of clips.
        low: lower end of the 95 % interval; ``None`` of a video of fewer than five clips.
        high: its upper end.
    """

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class OverTime:
    """One dimension in the course of one video.

    Attributes:
        dimension: its name.
        video: path of the video as the run names it.
        prompt: what it should show.
        seconds: middle of each clip, rising.
        values: score of each clip.
    """

    dimension: str
    video: str
    prompt: str
    seconds: tuple[float, ...]
    values: tuple[float, ...]

    @property
    def drift(self) -> float:
        """The last clip's score less the first's."""
        return self.values[-1] - self.values[0]

    @property
    def slope(self) -> Slope:
        """How the score changes per second."""
        return slope(self.seconds, self.values)

    def described(self) -> str:
        """One line for people.

        >>> OverTime("a", "v", "p", (1.0, 3.0, 5.0), (0.9, 0.8, 0.7)).described()
        '3 clips: 0.9000 in the first, 0.7000 in the last (-0.2000); -0.0500 a second'
        """
        found = self.slope
        between = "" if found.low is None else f" (95 %: {found.low:+.4f} to {found.high:+.4f})"
        return (
            f"{len(self.values)} clips: {self.values[0]:.4f} in the first, {self.values[-1]:.4f} in the last "
            f"({self.drift:+.4f}); {found.value:+.4f} a second{between}"
        )


def over_time(rows: Iterable[Row]) -> list[OverTime]:
    """The course of every dimension in every video of at least two clips with a score.

    Args:
        rows: of a run that judged clips; others give nothing.
    """
    clips: dict[tuple[str, str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        ends = seconds_of(row.video)
        if ends and row.status == SCORED and row.value is not None and row.weight:
            clips[row.dimension, video_of(row.video), row.prompt].append((sum(ends) / 2, row.value))
    return [
        OverTime(*where, *(tuple(part) for part in zip(*sorted(found), strict=True)))
        for where, found in clips.items()
        if len(found) > 1
    ]


@dataclass(frozen=True)
class Drift:
    """One dimension in the course of all videos of a run.

    Attributes:
        dimension: its name.
        videos: with a course.
        prompts: that they are of.
        slope: mean of their slopes per second, with a 95 % interval over the prompts; without one of a single prompt.
        drift: mean of the last clips' scores less the first clips'.
    """

    dimension: str
    videos: int
    prompts: int
    slope: Slope
    drift: float


def drifts(courses: Iterable[OverTime], seed: int = 0) -> list[Drift]:
    """What becomes of each dimension's score in the course of a run's videos.

    Args:
        courses: of the videos.
        seed: of the draws of prompts that the intervals are from.
    """
    found: dict[str, list[OverTime]] = defaultdict(list)
    for course in courses:
        found[course.dimension].append(course)
    return [_drift(name, of_name, seed) for name, of_name in found.items()]


def _drift(name: str, courses: Sequence[OverTime], seed: int) -> Drift:
    of_prompts: dict[str, list[float]] = defaultdict(list)
    for course in courses:
        of_prompts[course.prompt].append(course.slope.value)
    sums, videos = (np.array([how(slopes) for slopes in of_prompts.values()]) for how in (math.fsum, len))
    counts = counts_of_draws(len(sums), DRAWS, np.random.default_rng(seed))
    mean = float(sums.sum() / videos.sum())
    known = interval(mean, counts @ sums / (counts @ videos), len(sums) - 1, len(sums))
    slope = Slope(mean, known.low, known.high) if known else Slope(mean, mean, mean)
    return Drift(name, len(courses), len(sums), slope, math.fsum(course.drift for course in courses) / len(courses))


def slope(seconds: Sequence[float], values: Sequence[float]) -> Slope:
    """The median of the slopes between all pairs, with Sen's interval.

    Args:
        seconds: rising, at least two.
        values: one each.

    >>> slope([0, 1, 2, 3, 4], [0.0, 0.5, 1.0, 1.5, 2.0])
    Slope(value=0.5, low=0.5, high=0.5)
    """
    points = list(zip(seconds, values, strict=True))
    slopes = sorted((later[1] - early[1]) / (later[0] - early[0]) for early, later in combinations(points, 2))
    count = len(points)
    if count < FEWEST:
        return Slope(median(slopes), None, None)
    half_width = NORMAL * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(0, math.floor((len(slopes) - half_width) / 2))
    high = min(len(slopes) - 1, math.ceil((len(slopes) + half_width) / 2))
    return Slope(median(slopes), slopes[low], slopes[high])
