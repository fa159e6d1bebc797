"""Smooth random textures that move by known amounts."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def moving_texture(steps: int, right: int, down: int, height: int = 120, width: int = 160) -> Tensor:
    """``(steps + 1, 3, height, width)`` uint8: a texture that moves so many pixels with each step."""
    generator = torch.Generator().manual_seed(0)
    margin_down, margin_right = steps * abs(down), steps * abs(right)
    coarse = torch.rand(1, 3, height // 8, width // 8, generator=generator)
    size = (height + 2 * margin_down, width + 2 * margin_right)
    canvas = 255 * F.interpolate(coarse, size, mode="bicubic").clamp(0, 1)
    frames = [
        canvas[..., top : top + height, left : left + width]
        for top, left in ((margin_down - step * down, margin_right - step * right) for step in range(steps + 1))
    ]
    return torch.cat(frames).to(torch.uint8)
