"""Frames to the square that a network of distances sees: each published evaluation has a way of its own.

The choice alone moves a distance: FID between two ways of resizing one clip was 1.7 where two different groups of clips
were 11 apart. So it is part of a protocol, by name. Values stay in 0..255 and are neither rounded nor clamped, but for
``clean``, which clamps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor


def tf1(frames: Tensor, side: int) -> Tensor:
    """As TensorFlow 1 does it: place = index * in / out, neither half a pixel nor smoothing; the aspect is not kept."""
    height, width = frames.shape[-2:]
    return _between(height, side).to(frames) @ frames @ _between(width, side).to(frames).T


def bilinear(frames: Tensor, side: int) -> Tensor:
    """As torch does it, without smoothing; the aspect is not kept."""
    return F.interpolate(frames, (side, side), mode="bilinear", align_corners=False)


def antialias(frames: Tensor, side: int) -> Tensor:
    """The same with smoothing (torchmetrics)."""
    return F.interpolate(frames, (side, side), mode="bilinear", align_corners=False, antialias=True)


def clean(frames: Tensor, side: int) -> Tensor:
    """By Pillow, bicubic with smoothing, each channel in floating point, clamped (clean-fid)."""
    scaled = [
        np.asarray(Image.fromarray(channel).resize((side, side), Image.Resampling.BICUBIC))
        for channel in frames.flatten(0, 1).cpu().numpy()
    ]
    return torch.from_numpy(np.stack(scaled)).clamp(0, 255).view(*frames.shape[:2], side, side).to(frames)


def crop(frames: Tensor, side: int) -> Tensor:
    """The shorter side to the square's, the longer one rounded up, without smoothing, then the middle."""
    return middle_of_covering(frames, side, smooth=False)


def middle_of_covering(frames: Tensor, side: int, smooth: bool) -> Tensor:
    """The middle square of frames that were scaled bilinearly to cover it, with or without smoothing.

    Args:
        frames: ``(N, C, H, W)``, floating point.
        side: pixels of the square.
        smooth: whether to smooth before making smaller.
    """
    height, width = covering(frames.shape[-2], frames.shape[-1], side)
    scaled = F.interpolate(frames, (height, width), mode="bilinear", align_corners=False, antialias=smooth)
    top, left = (height - side) // 2, (width - side) // 2
    return scaled[..., top : top + side, left : left + side]


def covering(height: int, width: int, side: int) -> tuple[int, int]:
    """Height and width with the shorter side at ``side`` pixels and the longer one rounded up.

    Of a square the height is rounded up, as in the published evaluations: in floating point 400 * (224 / 400) is a
    little more than 224.

    >>> covering(240, 426, 224), covering(200, 300, 224), covering(400, 400, 224)
    ((224, 398), (224, 337), (225, 224))
    """
    scale = side / min(height, width)
    return (side, ceil(width * scale)) if height < width else (ceil(height * scale), side)


RESIZINGS: Mapping[str, Callable[[Tensor, int], Tensor]] = {
    "tf1": tf1,
    "bilinear": bilinear,
    "antialias": antialias,
    "clean": clean,
    "crop": crop,
}
"""Name -> ``(N, 3, H, W)`` float32 in 0..255 and a side -> ``(N, 3, side, side)`` float32."""


def _between(length: int, side: int) -> Tensor:
    """``(side, length)``: what each place of the square takes of each pixel of a row or column."""
    places = torch.arange(side, dtype=torch.float32) * (torch.tensor(length, dtype=torch.float32) / side)
    lower = places.long().clamp(max=length - 1)
    upper = (lower + 1).clamp(max=length - 1)
    part = places - lower
    rows = torch.arange(side)
    shares = torch.zeros(side, length)
    shares.index_put_((rows, lower), 1 - part, accumulate=True)
    shares.index_put_((rows, upper), part, accumulate=True)
    return shares
