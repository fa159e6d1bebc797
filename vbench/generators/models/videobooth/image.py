"""The image prompt: an object that was cut out beforehand, on white, in a square.

The published pipeline is given a mask and a box by a segmentation network; here both are in the picture: the object
is what is not transparent, or where nothing is, what is not white.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from vbench.errors import UsageError
from vbench.media.picture import read_picture

WHITE = 250
"""Darkest level that is still white: lossy files have some shades of it."""

CLIP_SIDE = 224

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)

CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)


def read_object(path: Path) -> Tensor:
    """The object of a picture, as large as it is there.

    Args:
        path: an image, transparent or white around the object.

    Returns:
        ``(3, S, S)`` uint8, RGB, white around the object; an odd row or column of white is at the bottom or right.

    Raises:
        UsageError: it is no image, or shows nothing.
    """
    picture = read_picture(path).convert("RGBA")
    opacity = np.array(picture)[..., 3]
    on_white = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    pixels = np.array(on_white.convert("RGB"))
    there = opacity > 0 if (opacity < 255).any() else pixels.min(axis=2) < WHITE
    if not there.any():
        raise UsageError(f"{path} shows no object: expected one that is cut out, on a transparent or white background.")
    (top, bottom), (left, right) = (np.flatnonzero(there.any(axis=axis))[[0, -1]] for axis in (1, 0))
    return squared(torch.from_numpy(pixels[top : bottom + 1, left : right + 1]).permute(2, 0, 1))


def squared(picture: Tensor) -> Tensor:
    """``(3, H, W)`` uint8 -> ``(3, S, S)`` with the longer side, white on both ends of the shorter one."""
    height, width = picture.shape[1:]
    above, beside = (max(height, width) - side for side in (height, width))
    return F.pad(picture, (beside // 2, beside - beside // 2, above // 2, above - above // 2), value=255)


def resized(picture: Tensor, side: int) -> Tensor:
    """``(3, S, S)`` uint8 -> ``(1, 3, side, side)`` float32 of whole numbers 0..255, bilinear, not antialiased."""
    return F.interpolate(picture[None].float(), (side, side), mode="bilinear", align_corners=False).round()


def for_clip(picture: Tensor) -> Tensor:
    """``(3, S, S)`` uint8 -> ``(1, 3, 224, 224)`` float32 as CLIP's image encoder takes it."""
    mean, deviation = (torch.tensor(three)[:, None, None] for three in (CLIP_MEAN, CLIP_DEVIATION))
    return (resized(picture, CLIP_SIDE) / 255 - mean) / deviation


def for_vae(picture: Tensor, side: int) -> Tensor:
    """``(3, S, S)`` uint8 -> ``(1, 3, side, side)`` float32 in -1..1."""
    return resized(picture, side) / 127.5 - 1
