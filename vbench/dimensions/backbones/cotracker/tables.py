"""Sines and cosines by which CoTracker tells places, times and displacements apart."""

from __future__ import annotations

import torch
from torch import Tensor


def waves(positions: Tensor, channels: int) -> Tensor:
    """Sines, then cosines, of positions at falling frequencies: ``(N,)`` -> ``(N, channels)`` float32."""
    half = channels // 2
    frequencies = 10000.0 ** -(torch.arange(half, dtype=torch.float64) / half)
    angles = positions.double()[:, None] * frequencies
    return torch.cat((angles.sin(), angles.cos()), 1).float()


def time_table(frames: int, channels: int) -> Tensor:
    """``(1, frames, channels)``: a row for each frame of a window."""
    return waves(torch.arange(frames), channels)[None]


def place_table(rows: int, columns: int, channels: int) -> Tensor:
    """``(1, channels, rows, columns)``: half of the channels tell the column, half the row."""
    half = channels // 2
    across = waves(torch.arange(columns), half).T[:, None].expand(-1, rows, -1)
    down = waves(torch.arange(rows), half).T[:, :, None].expand(-1, -1, columns)
    return torch.cat((across, down))[None]


def displacement_waves(displacements: Tensor, channels: int) -> Tensor:
    """``(..., 2)`` -> ``(..., 2 + 2 * channels)``: both coordinates, then sine and cosine in turn of x, then of y."""
    frequencies = torch.arange(0, channels, 2, device=displacements.device) * (1000.0 / channels)
    angles = displacements[..., None] * frequencies
    turns = torch.stack((angles.sin(), angles.cos()), -1)
    return torch.cat((displacements, turns.flatten(-3)), -1)
