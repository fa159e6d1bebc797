"""How VEnhancer brings frames to sizes that its network takes, and back."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

HEIGHT, WIDTH = 720, 1280
"""Pixels that frames have at least."""

WHITE = 1.0
"""What is around them, for pixels in -1..1."""

Margins = tuple[int, int, int, int]
"""Left, right, top, bottom, in pixels."""


def raised(scale: float, height: int) -> float:
    """How many times larger a frame becomes, so that it has :data:`HEIGHT` rows or more.

    The arithmetic is the published one, whose rounding decides whether the last row is there.

    >>> raised(4, 320), raised(2, 320), int(312 * raised(1.5, 312)), int(200 * raised(3, 200))
    (4, 2.25, 720, 719)

    Args:
        scale: that is asked for.
        height: of the frame, in pixels.
    """
    rows = height * scale
    return scale * (HEIGHT / rows) if rows < HEIGHT else scale


def margins(height: int, width: int) -> Margins:
    """What is put around a frame: smaller ones are centred, larger ones get rows below and columns to the right.

    Rows become 64k + 16, so that the U-Net has an even number of them on its way down; columns 64k.

    >>> margins(720, 1152), margins(1080, 1920)
    ((64, 64, 0, 0), (0, 64, 0, 24))
    """
    taller = (height + 48) // 64 * 64 + 16
    wider = width // 64 * 64 + 64
    top, bottom = _around(height, HEIGHT, taller)
    left, right = _around(width, WIDTH, wider)
    return left, right, top, bottom


def padded(frames: Tensor, around: Margins) -> Tensor:
    """``(..., H, W)`` in -1..1 with white around it."""
    return F.pad(frames, around, value=WHITE)


def cropped(frames: Tensor, around: Margins) -> Tensor:
    """``(..., H, W)`` without the margins."""
    left, right, top, bottom = around
    return frames[..., top : frames.shape[-2] - bottom, left : frames.shape[-1] - right]


def _around(size: int, smallest: int, larger: int) -> tuple[int, int]:
    if size <= smallest:
        before = (smallest - size) // 2
        return before, smallest - size - before
    return 0, larger - size
