"""What a distance is worth: how far it moves with other videos, and how much of it is the number of videos.

Videos are drawn, not windows, which within a video are alike, and none twice: a set with repeats looks narrower than it
is, and an unbiased kernel would count a video as its own neighbour. So halves of the videos are drawn. By the theory of
the delete-half jackknife their figures scatter as figures of whole sets of other videos would, and this scatter around
the figure is its interval: of the figure at this number of videos, with what that number adds to it. Where two sets are
hardly apart it is wider than it need be, by up to two thirds (tests/distances/test_spread.py).

What it adds is seen by computing the figure for a quarter and a half too. It shrinks in proportion to one over the
number, so a line through the three, against that, ends at the figure of a set without end (Chong and Forsyth,
"Effectively Unbiased FID and Inception Score", CVPR 2020). A Fréchet distance does so only where a part has at least as
many windows as features; with fewer the line would end far above that figure, and there is none. The real set against
itself, split in halves, says the same from the other side: nothing can be told below it.

Source: Shao and Wu, "A General Theory for Jackknife Variance Estimation", 1989, section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vbench.distances.frechet import Moments
from vbench.errors import UsageError

Values = NDArray[np.float32]

Statistic = Callable[[Values | Moments, Values], float]
"""Real side and generated side -> a figure."""

DRAWS = 100

TIMES_ITSELF = 8
"""How often the real set is split in halves."""

FEWEST = 8
"""Videos of either side from which on parts of them say anything."""

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Sample:
    """Features of a set.

    Attributes:
        values: ``(windows, D)`` float32.
        owners: ``(windows,)`` number of the video that a window is of, rising from 0.
    """

    values: Values
    owners: NDArray[np.int64]

    @property
    def videos(self) -> int:
        """How many videos the windows are of."""
        return int(self.owners[-1]) + 1

    def of(self, videos: NDArray[np.int64]) -> Values:
        """The windows of these videos, in the set's own order."""
        return self.values[np.isin(self.owners, videos)]


@dataclass(frozen=True)
class Part:
    """A figure for a part of the videos, on average over draws.

    Attributes:
        real: videos of the real side, 0 where it has none.
        generated: videos of the generated side.
        value: the figure.
    """

    real: int
    generated: int
    value: float


@dataclass(frozen=True)
class Spread:
    """What a figure is worth.

    Attributes:
        low: lower end of its interval.
        high: upper end.
        draws: halves that were drawn.
        parts: for a quarter, a half and all of the videos.
        without_end: what the three tend to; ``None`` for an estimate that is unbiased anyway, and where a quarter has
            too few windows for a line to say.
        itself: the real set against itself, split in halves; ``None`` where its videos are not there.
    """

    low: float
    high: float
    draws: int
    parts: tuple[Part, ...]
    without_end: float | None
    itself: Part | None


def spread(
    statistic: Statistic,
    value: float,
    real: Sample | Moments | None,
    generated: Sample,
    least: float | None,
    draws: int = DRAWS,
    seed: int = 0,
    told: Callable[[], None] = lambda: None,
    fewest_windows: int = 0,
) -> Spread:
    """Draw parts of the videos.

    Args:
        statistic: what the figure is of.
        value: the figure.
        real: the real side; its moments alone stay as they are, and nothing of it for a metric of one set.
        generated: the generated side.
        least: below which no figure lies; ``None`` where the figure is an unbiased estimate.
        draws: halves to draw.
        seed: of the draws.
        told: called after each computation.
        fewest_windows: of a quarter of either side, from which on the figure falls in proportion to one over their
            number.

    Raises:
        UsageError: there are too few videos, or a part of them is too small for the statistic.
    """
    counts = [one.videos for one in (real, generated) if isinstance(one, Sample)]
    if min(counts) < FEWEST:
        raise UsageError(f"parts of {min(counts)} videos say nothing: {FEWEST} are the fewest")

    def figure(part: float, draw: int) -> Part:
        rng = np.random.default_rng([seed, draw, int(1 / part)])
        first, reals = _part(real, part, rng)
        count = max(2, int(generated.videos * part))
        found = statistic(first, generated.of(rng.permutation(generated.videos)[:count]))
        told()
        return Part(reals, count, found)

    halves = [figure(1 / 2, draw) for draw in range(draws)]
    quarters = [figure(1 / 4, draw) for draw in range(max(1, draws // 4))]
    scatter = np.array([one.value for one in halves])
    tail = (1 - CONFIDENCE) / 2
    low, high = value + np.quantile(scatter - scatter.mean(), [tail, 1 - tail], method="weibull")
    whole = Part(real.videos if isinstance(real, Sample) else 0, generated.videos, value)
    parts = (_mean(quarters), _mean(halves), whole)
    itself = None
    if isinstance(real, Sample):
        itself = _mean([_against_itself(statistic, real, seed, time, told) for time in range(TIMES_ITSELF)])
    bounded = max(least, float(low)) if least is not None else float(low)
    windows = min(len(one.values) for one in (real, generated) if isinstance(one, Sample))
    without_end = _without_end(parts, least) if windows >= 4 * fewest_windows else None
    return Spread(bounded, float(high), draws, parts, without_end, itself)


def computations(draws: int) -> int:
    """How often :func:`spread` computes a figure."""
    return draws + max(1, draws // 4) + TIMES_ITSELF


def _part(one: Sample | Moments | None, part: float, rng: np.random.Generator) -> tuple[Values | Moments, int]:
    """A part of a side, and how many videos it has; moments and nothing stay as they are."""
    if one is None:
        return np.empty((0, 0), np.float32), 0
    if isinstance(one, Moments):
        return one, 0
    count = max(2, int(one.videos * part))
    return one.of(rng.permutation(one.videos)[:count]), count


def _against_itself(statistic: Statistic, real: Sample, seed: int, time: int, told: Callable[[], None]) -> Part:
    order = np.random.default_rng([seed, time]).permutation(real.videos)
    half = real.videos // 2
    value = statistic(real.of(order[:half]), real.of(order[half : 2 * half]))
    told()
    return Part(half, half, value)


def _mean(found: Sequence[Part]) -> Part:
    return Part(found[0].real, found[0].generated, float(np.mean([one.value for one in found])))


def _without_end(parts: Sequence[Part], least: float | None) -> float | None:
    """Where a line through the figures, against one over the number of videos, meets the axis.

    >>> round(_without_end([Part(0, 25, 14.0), Part(0, 50, 12.0), Part(0, 100, 11.0)], least=0.0), 6)
    10.0
    """
    if least is None:
        return None
    across = np.array([parts[-1].generated / one.generated for one in parts])
    return max(least, float(np.polyfit(across, [one.value for one in parts], 1)[1]))
