"""How far a figure would move with other prompts: an interval from draws of those that were asked.

The interval is the one of percentiles (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13),
made wider for few prompts. Draws of n prompts vary less than n prompts do, by the root of (n - 1) / n, and where the
spread is itself known from n prompts alone, Student's quantile takes the place of the normal one (Hesterberg, "What
Teachers Should Know About the Bootstrap", The American Statistician 69(4), 2015, section 4). `perf/coverage.py` tells
how often such an interval holds the truth.

Where all draws are alike there is no spread to go by. Of a mean of values between bounds something is known even so:
if more than a share q of all prompts gave another value, n prompts would hardly all give the same one, with
q = 1 - 0.025 ** (1 / n) (Clopper and Pearson, "The Use of Confidence or Fiducial Limits", Biometrika 26, 1934).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95

TAIL = (1 - CONFIDENCE) / 2
"""Share of what may be beyond either end."""

NORMAL = NormalDist().inv_cdf(1 - TAIL)
"""Standard errors on either side where the spread is known, 1.96."""


@dataclass(frozen=True)
class Interval:
    """A score with its confidence interval; same unit and range as the score.

    Attributes:
        score: the score.
        low: lower end of its interval.
        high: upper end.
    """

    score: float
    low: float
    high: float


def interval(
    score: float, drawn: NDArray[np.float64], free: int, prompts: int, bounds: tuple[float, float] | None = None
) -> Interval | None:
    """The 95 % interval of a figure that was computed again for many draws of the prompts.

    Args:
        score: the figure.
        drawn: ``(draws,)`` float64 the figure of each draw; NaN where a draw says nothing.
        free: prompts less the groups that they are drawn within.
        prompts: that the figure is of.
        bounds: of the figure, where it has some: a mean of shares is in 0..1.

    Returns:
        ``None`` where nothing says how far the figure would move: it has no bounds, and either the prompts are one a
        group or none of them makes a difference.
    """
    drawn = drawn[np.isfinite(drawn)]
    if free < 1 or not drawn.size:
        return bounds and Interval(score, *bounds)
    low, high = np.quantile(drawn, [TAIL, 1 - TAIL]).tolist()
    if low == high:
        return bounds and _unvaried(score, prompts, bounds)
    wider = errors(free) / NORMAL * math.sqrt(prompts / free)
    least, most = bounds or (-math.inf, math.inf)
    return Interval(score, max(least, score - wider * (score - low)), min(most, score + wider * (high - score)))


def errors(free: int) -> float:
    """Standard errors on either side where the spread is known from so many free prompts: Student's quantile."""
    from scipy.special import stdtrit  # slow to import

    return float(stdtrit(free, 1 - TAIL))


def _unvaried(score: float, prompts: int, bounds: tuple[float, float]) -> Interval:
    """Of a figure that is the same whatever is drawn."""
    least, most = bounds
    others = 1 - TAIL ** (1 / prompts)
    return Interval(score, score - others * (score - least), score + others * (most - score))
