"""Open-Sora 1.2's sampling: a rectified flow whose timesteps lie the closer to noise, the larger the video is.

Liu et al., "Flow Straight and Fast" (2022); the shift is that of Esser et al. (2024), over frames and pixels.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vbench.generators.models.open_sora.weights_files import CHUNK, CHUNK_LATENTS

TIMESTEPS = 1000

SIDE = 512
"""Of the square picture whose timesteps are evenly spaced, in pixels."""


def timesteps(number: int, pixels: tuple[int, int], frames: int, dtype: torch.dtype = torch.float32) -> list[float]:
    """Falling from 1000.

    Args:
        number: how many.
        pixels: height and width of the video.
        frames: of the video, whole chunks.
        dtype: precision of the networks, in which the published program has sides and frames, and how far they shift;
            float16, in which that overflows, counts as float32.

    >>> [round(timesteps(2, (512, 256), 34, dtype)[1], 2) for dtype in (torch.float32, torch.bfloat16)]
    [690.98, 690.82]
    """
    known = torch.float32 if dtype == torch.float16 else dtype
    height, width, length = torch.tensor([*pixels, frames], dtype=known)
    shift = (height * width / SIDE**2).sqrt() * (length // CHUNK * CHUNK_LATENTS).sqrt()
    falling = 1 - torch.arange(number, dtype=torch.float64) / number
    parts = shift.float() * falling / (1 + (shift - 1).float() * falling)
    return [TIMESTEPS * float(part) for part in parts]


def flowed(velocity: Callable[[Tensor, float], Tensor], noise: Tensor, steps: list[float]) -> Tensor:
    """A clean video.

    Args:
        velocity: of latents at a timestep.
        noise: standard normal.
        steps: as :func:`timesteps` gives them.
    """
    latents = noise
    for step, following in zip(steps, [*steps[1:], 0.0], strict=True):
        latents = latents + velocity(latents, step) * ((step - following) / TIMESTEPS)
    return latents
