"""Fetching pixels along a flow."""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor


def warp(frames: Tensor, flow: Tensor) -> Tensor:
    """Fetch each pixel from where the flow points, bilinearly; outside lies the nearest border.

    Args:
        frames: ``(N, C, H, W)`` floating point.
        flow: ``(N, 2, H, W)`` pixels right, pixels down.

    >>> warp(torch.tensor([[[[1.0, 2.0, 4.0]] * 2]]), torch.full((1, 2, 2, 3), 0.5))[0, 0, 0].tolist()
    [1.5, 3.0, 4.0]
    """
    height, width = flow.shape[-2:]
    rest = torch.stack(
        torch.meshgrid(
            torch.linspace(-1, 1, width, device=flow.device),
            torch.linspace(-1, 1, height, device=flow.device),
            indexing="xy",
        ),
        2,
    )
    grid = rest + flow.permute(0, 2, 3, 1) / (last_pixel(flow) / 2)
    return F.grid_sample(frames, grid, padding_mode="border", align_corners=True)


def last_pixel(maps: Tensor) -> Tensor:
    """Column and row of the last pixel of ``(..., H, W)``: ``(2,)`` of its type, where it lies.

    >>> last_pixel(torch.zeros(1, 3, 9, 16))
    tensor([15.,  8.])
    """
    return _last_pixel(*maps.shape[-2:], maps.dtype, maps.device)


@cache
def _last_pixel(height: int, width: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Made once for all maps of a size: making it on a device waits for all that is under way there."""
    return torch.tensor([width - 1, height - 1], dtype=dtype, device=device)
