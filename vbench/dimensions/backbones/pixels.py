"""How frames are brought to the size and range that image networks were trained on.

All but :func:`resized_by_pil` works on floating-point frames of 0..255; nothing is rounded or clamped on the way, so
bicubic overshoot stays, as in the reference.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and standard deviation of ImageNet's red, green and blue in [0, 1]."""

CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
"""The same of the pictures that CLIP was trained with."""


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
    """The same of ``(N, 3, H, W)`` uint8 RGB by Pillow, bicubically: antialiased, clamped and rounded to uint8.

    Frames that lie on a CUDA device stay there and get the same bits.
    """
    height, width = scaled_size(frames.shape[-2], frames.shape[-1], short)
    if frames.device.type == "cuda":
        return as_pil_resizes(frames, height, width)
    device, frames = frames.device, frames.cpu()

    def scaled(frame: Tensor) -> Tensor:
        image = Image.fromarray(frame.permute(1, 2, 0).numpy())
        return torch.from_numpy(np.array(image.resize((width, height), Image.Resampling.BICUBIC)))

    with ThreadPoolExecutor(min(len(frames), torch.get_num_threads())) as pool:  # Pillow lets others run
        return torch.stack(list(pool.map(scaled, frames))).permute(0, 3, 1, 2).to(device)


def as_pil_resizes(frames: Tensor, height: int, width: int) -> Tensor:
    """``(N, C, H, W)`` uint8 -> ``(N, C, height, width)`` uint8, bit by bit what Pillow's bicubic filter gives.

    Pillow scales rows, rounds, then scales columns, with weights that are whole multiples of 2^-22. So products in
    float64 are exact, in whatever order they are added up.
    """
    if frames.shape[-1] != width:
        frames = _rounded(frames.double() @ pil_weights(frames.shape[-1], width).to(frames.device).T)
    if frames.shape[-2] != height:
        frames = _rounded(pil_weights(frames.shape[-2], height).to(frames.device) @ frames.double())
    return frames


SIZES = 64
"""Pairs of lengths whose weights are kept, about a megabyte each: crops of faces are of thousands of sizes."""

_PIL_ONE = 2.0**22
"""What a weight of one is in Pillow's whole numbers."""


@lru_cache(maxsize=SIZES)
def pil_weights(before: int, after: int) -> Tensor:
    """Pillow's bicubic weights from ``before`` pixels in a row to ``after``: ``(after, before)`` whole float64 numbers.

    >>> (pil_weights(4, 2) / 2**22).round(decimals=3)
    tensor([[ 0.4590,  0.4590,  0.1200, -0.0370],
            [-0.0370,  0.1200,  0.4590,  0.4590]], dtype=torch.float64)
    """
    scale = before / after
    stretch = max(scale, 1.0)  # a filter never gets narrower than the pixels are
    centres = (np.arange(after)[:, None] + 0.5) * scale
    first = np.maximum(np.trunc(centres - 2 * stretch + 0.5), 0)
    last = np.minimum(np.trunc(centres + 2 * stretch + 0.5), before)
    places = np.arange(before)[None]
    distances = np.abs((places - centres + 0.5) * (1.0 / stretch))
    near = (1.5 * distances - 2.5) * distances * distances + 1
    far = (((distances - 5) * distances + 8) * distances - 4) * -0.5
    weights = np.where(distances < 1, near, np.where(distances < 2, far, 0.0))
    weights = np.where((places >= first) & (places < last), weights, 0.0)
    weights /= weights.cumsum(1)[:, -1:]  # one after the other, as Pillow adds them
    return torch.from_numpy(np.trunc(weights * _PIL_ONE + np.copysign(0.5, weights)))


def _rounded(sums: Tensor) -> Tensor:
    """Sums of levels times weights -> the nearest levels, uint8."""
    return ((sums + _PIL_ONE / 2) / _PIL_ONE).floor().clamp(0, 255).to(torch.uint8)


def centre_crop(frames: Tensor, side: int) -> Tensor:
    """The middle square of ``(N, C, H, W)``; where a margin is odd, half of it is rounded to even."""
    top, left = (round((length - side) / 2) for length in frames.shape[-2:])
    return frames[..., top : top + side, left : left + side]


def normalise(frames: Tensor, mean_and_std: tuple[tuple[float, ...], tuple[float, ...]]) -> Tensor:
    """Frames of 0..255 -> of 0..1 -> per channel with ``mean_and_std`` taken out."""
    mean, std = (frames.new_tensor(values).view(-1, 1, 1) for values in mean_and_std)
    return (frames / 255 - mean) / std
