"""Fetching pixels along a flow."""

from __future__ import annotations

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
    half_span = flow.new_tensor([width - 1, height - 1]) / 2
    grid = rest + flow.permute(0, 2, 3, 1) / half_span
    return F.grid_sample(frames, grid, padding_mode="border", align_corners=True)
