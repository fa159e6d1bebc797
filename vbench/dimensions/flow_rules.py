"""How flow becomes a verdict: does a video move, does it stand still?

Pure functions, equal to the reference's on its own decision cases. Two things are kept as they are there: counts
are rounded half to even (Python's ``round``), and a video moves with *at least* so many moving pairs, but fails
to be static only with *more* than so many.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor


class Limits(NamedTuple):
    """What the radii of a video's pairs are compared with.

    Attributes:
        radius: pixels; a pair whose radius is larger moves.
        pairs: how many such pairs the verdict turns on.
    """

    radius: float
    pairs: int


def largest_motion(flow: Tensor, share: float) -> float:
    """The radius of a pair: the mean length of the largest ``share`` of its flow vectors, in pixels.

    Args:
        flow: ``(2, H, W)`` float32 on any device, padding included where the estimator pads.
        share: of the vectors, in (0, 1]; at least one counts.

    >>> from torch import tensor
    >>> largest_motion(tensor([[[3.0, 0.0], [0.0, 6.0]], [[4.0, 0.0], [1.0, 8.0]]]), share=0.5)
    7.5
    """
    lengths = flow.square().sum(0).sqrt().flatten()
    return lengths.topk(max(1, int(lengths.numel() * share))).values.mean().item()


def moving_limits(size: tuple[int, int], frames: int) -> Limits:
    """Limits of the dynamic degree for a video's height and width and its number of sampled frames.

    >>> moving_limits((256, 320), 10)  # 2.5 rounds to even
    Limits(radius=6.0, pairs=2)
    """
    return Limits(6.0 * min(size) / 256, round(4 * frames / 16))


def is_moving(radii: Sequence[float], limits: Limits) -> bool:
    """Whether at least ``limits.pairs`` pairs move; two sampled frames need none and always do.

    >>> is_moving([7.0, 1.0, 6.5], Limits(6.0, 2)), is_moving([7.0, 1.0, 6.0], Limits(6.0, 2))
    (True, False)
    """
    return bool(radii) and sum(radius > limits.radius for radius in radii) >= limits.pairs


def static_limits(size: tuple[int, int], frames: int) -> Limits:
    """Limits of the static filter for a video's height and width and its number of frames.

    >>> static_limits((720, 1280), 16)
    Limits(radius=8.4375, pairs=2)
    """
    return Limits(3.0 * min(size) / 256, round(2 * frames / 16))


def is_static(neighbours: Sequence[float], ends: Sequence[float], limits: Limits) -> bool:
    """Whether a video stands still.

    Args:
        neighbours: radii of the neighbouring pairs, of which at most ``limits.pairs`` may move.
        ends: radii from the first frame to the last and back, at most ``2 * limits.pairs`` times the limit.
        limits: of :func:`static_limits`; up to four frames give no pairs and so let nothing pass that moves at all.

    >>> is_static([1.0, 4.0], [5.0, 6.0], Limits(3.0, 1)), is_static([1.0, 4.0], [5.0, 6.1], Limits(3.0, 1))
    (True, False)
    """
    return sum(radius > limits.radius for radius in neighbours) <= limits.pairs and not any(
        radius > limits.radius * limits.pairs * 2 for radius in ends
    )
