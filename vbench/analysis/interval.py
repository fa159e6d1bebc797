"""How far a figure would move with other prompts: an interval from draws of those that were asked.

The interval is the one of percentiles (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13),
as wide as few prompts must make it. Of n prompts n - 1 are drawn, as draws of n vary less than n prompts do (Rao and
Wu, "Resampling Inference With Complex Survey Data", JASA 1988). And the spread is itself known from n prompts alone, so
that Student's quantile takes the place of the normal one, with the degrees of freedom of Welch ("The Generalization of
Student's Problem When Several Different Population Variances Are Involved", Biometrika 1947) where prompts are drawn
within groups. ``perf/coverage.py`` tells how often such an interval holds the truth.

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

ROUNDING = 1e-12
"""Width below which draws differ by the rounding of their sums alone; scores are around 1."""


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


@dataclass(frozen=True)
class Spread:
    """How far a figure would move with other prompts.

    Attributes:
        error: its standard error.
        free: degrees of freedom that this is known with.
    """

    error: float
    free: float


def spread(given: NDArray[np.float64], groups: NDArray[np.int64]) -> Spread:
    """Of a figure to which each prompt gives a part, where prompts are drawn within groups.

    Args:
        given: ``(prompts,)`` float64 what each prompt gives.
        groups: ``(prompts,)`` the number of its group. One that is alone in its group says nothing.

    >>> spread(np.array([1.0, -1.0, 1.0, -1.0]), np.zeros(4, dtype=np.int64))
    Spread(error=2.309401076758503, free=3.0)
    """
    numbers, places = np.unique(groups, return_inverse=True)
    sizes = np.bincount(places)
    about = given - (np.bincount(places, given) / sizes)[places]
    squares, free = np.bincount(places, about**2)[sizes > 1], sizes[sizes > 1] - 1
    variances = squares * (free + 1) / free
    whole = float(variances.sum())
    known = whole**2 / float((variances**2 / free).sum()) if whole else float(len(given) - len(numbers))
    return Spread(math.sqrt(whole), known)


def interval(
    score: float, drawn: NDArray[np.float64], free: float, prompts: int, bounds: tuple[float, float] | None = None
) -> Interval | None:
    """The 95 % interval of a figure that was computed again for many draws of the prompts.

    Args:
        score: the figure.
        drawn: ``(draws,)`` float64 the figure of each draw of all prompts but one; NaN where a draw says nothing.
        free: degrees of freedom, one less than prompts where they are drawn from one group.
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
    if are_alike(low, high):
        return bounds and _unvaried(score, prompts, bounds)
    wider = errors(free) / NORMAL
    least, most = bounds or (-math.inf, math.inf)
    return Interval(score, max(least, score - wider * (score - low)), min(most, score + wider * (high - score)))


def are_alike(low: float, high: float) -> bool:
    """Whether two ends of draws are the same but for rounding."""
    return high - low <= ROUNDING * max(1.0, abs(low))


def errors(free: float, beyond: float = TAIL) -> float:
    """Standard errors on either side where the spread is known with so many degrees of freedom: Student's quantile.

    Args:
        free: degrees of freedom.
        beyond: share of what may be beyond either end.
    """
    from scipy.special import stdtrit  # slow to import

    return float(stdtrit(free, 1 - beyond))


def _unvaried(score: float, prompts: int, bounds: tuple[float, float]) -> Interval:
    """Of a figure that is the same whatever is drawn."""
    least, most = bounds
    others = 1 - TAIL ** (1 / prompts)
    return Interval(score, score - others * (score - least), score + others * (most - score))
