"""How frames are brought to the size and range that image networks were trained on.

All but :func:`resized_by_pil` works on floating-point frames of 0..255; nothing is rounded or clamped on the way, so
bicubic overshoot stays, as in the reference.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and standard deviation of ImageNet's red, green and blue in [0, 1]."""


def scaled_size(height: int, width: int, short: int) -> tuple[int, int]:
    """Height and width with the shorter side at ``short`` pixels and the longer one rounded down.

    >>> scaled_size(240, 426, 224), scaled_size(256, 144, 224)
    ((224, 397), (398, 224))
    """
    longer = int(short * max(height, width) / min(height, width))
    return (short, longer) if height <= width else (longer, short)


def resize(frames: Tensor, short: int, mode: str, antialias: bool = False) -> Tensor:
    """Scale ``(N, C, H, W)`` so that the shorter side has ``short`` pixels.

    Args:
        frames: floating point.
        short: pixels.
        mode: ``bilinear`` or ``bicubic``.
        antialias: whether to smooth before making smaller; the reference does not.
    """
    size = scaled_size(frames.shape[-2], frames.shape[-1], short)
    return frames if frames.shape[-2:] == size else F.interpolate(frames, size, mode=mode, antialias=antialias)


def resized_by_pil(frames: Tensor, short: int) -> Tensor:
    """The same of ``(N, 3, H, W)`` uint8 RGB by Pillow, bicubically: antialiased, clamped and rounded to uint8."""
    height, width = scaled_size(frames.shape[-2], frames.shape[-1], short)

    def scaled(frame: Tensor) -> Tensor:
        image = Image.fromarray(frame.permute(1, 2, 0).numpy())
        return torch.from_numpy(np.array(image.resize((width, height), Image.Resampling.BICUBIC)))

    with ThreadPoolExecutor(min(len(frames), os.cpu_count() or 1)) as pool:  # Pillow lets other threads run meanwhile
        return torch.stack(list(pool.map(scaled, frames))).permute(0, 3, 1, 2)


def centre_crop(frames: Tensor, side: int) -> Tensor:
    """The middle square of ``(N, C, H, W)``; where a margin is odd, half of it is rounded to even."""
    top, left = (round((length - side) / 2) for length in frames.shape[-2:])
    return frames[..., top : top + side, left : left + side]


def normalise(frames: Tensor, mean_and_std: tuple[tuple[float, ...], tuple[float, ...]]) -> Tensor:
    """Frames of 0..255 -> of 0..1 -> per channel with ``mean_and_std`` taken out."""
    mean, std = (frames.new_tensor(values).view(-1, 1, 1) for values in mean_and_std)
    return (frames / 255 - mean) / std
