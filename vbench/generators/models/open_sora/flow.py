"""Open-Sora 1.2's sampling: a rectified flow whose timesteps lie the closer to noise, the larger the video is.

Liu et al., "Flow Straight and Fast" (2022); the shift is that of Esser et al. (2024), over frames and pixels.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

TIMESTEPS = 1000

SIDE = 512
"""Of the square picture whose timesteps are evenly spaced, in pixels."""


def timesteps(number: int, pixels: tuple[int, int], latents: int) -> list[float]:
    """Falling from 1000.

    Args:
        number: how many.
        pixels: height and width of the video.
        latents: along time.

    >>> timesteps(2, (512, 512), 1)
    [1000.0, 500.0]
    """
    ratio = (pixels[0] * pixels[1] / SIDE**2 * latents) ** 0.5
    even = (1 - step / number for step in range(number))
    return [TIMESTEPS * ratio * part / (1 + (ratio - 1) * part) for part in even]


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
