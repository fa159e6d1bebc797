"""Which frames VEnhancer takes of a clip, and which it creates between them."""

from __future__ import annotations

from torch import Tensor, arange

from vbench.generators.models.venhancer.weights_files import MOST


def between(fps: float, target_fps: float) -> int:
    """Frames that are created between two, so that the rate comes near to the target.

    >>> between(10, 24), between(8, 24), between(24, 8), between(10, 0)
    (1, 2, 0, 0)
    """
    return max(round(target_fps / fps) - 1, 0)


def taken(frames: int, created: int, most: int = MOST) -> int:
    """How many frames of a clip are taken; the ones behind them are left out.

    Args:
        frames: of the clip.
        created: between two of them.
        most: frames of a result.

    >>> taken(16, 0), taken(60, 0), taken(16, 2), taken(40, 1)
    (16, 48, 16, 24)
    """
    frames = min(frames, most)
    return frames if frames + created * (frames - 1) <= most else max(most // (1 + created), 1)


def key_frames(frames: int, created: int) -> Tensor:
    """Which frames of the result are those of the clip, ``(F,)`` bool."""
    return arange(frames + created * (frames - 1)) % (1 + created) == 0
