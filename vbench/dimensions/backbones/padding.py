"""Padding to whole blocks, as the flow and interpolation networks want it."""

from __future__ import annotations

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor


class Margins(NamedTuple):
    """Pixels added on each side."""

    left: int
    right: int
    top: int
    bottom: int


def margins(height: int, width: int, multiple: int) -> Margins:
    """What is missing to whole multiples, split over opposite sides; the odd pixel goes right and below.

    >>> margins(240, 426, 16)
    Margins(left=3, right=3, top=0, bottom=0)
    >>> margins(61, 64, 8)
    Margins(left=0, right=0, top=1, bottom=2)
    """
    across, down = -width % multiple, -height % multiple
    return Margins(across // 2, across - across // 2, down // 2, down - down // 2)


def pad(frames: Tensor, around: Margins) -> Tensor:
    """Repeat the border pixels of ``(N, C, H, W)`` floating-point frames outwards."""
    return F.pad(frames, around, mode="replicate")


def crop(frames: Tensor, around: Margins) -> Tensor:
    """Take the margins of :func:`pad` off again.

    >>> frames = Tensor([[1, 2], [3, 4]]).view(1, 1, 2, 2)
    >>> around = Margins(1, 2, 0, 3)
    >>> crop(pad(frames, around), around).equal(frames)
    True
    """
    height, width = frames.shape[-2:]
    return frames[..., around.top : height - around.bottom, around.left : width - around.right]
