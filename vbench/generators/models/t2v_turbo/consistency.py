"""Sampling of a consistency model: each step goes to a clean video at once, and back to less noise than before.

Luo et al., "Latent Consistency Models" (2023), with the timesteps of T2V-Turbo's scheduler.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vbench.errors import UsageError
from vbench.generators.models.videocrafter.schedule import TIMESTEPS, cumulative_alphas

DEVIATION = 0.5
"""Of clean latents, as the boundary condition takes them."""

SHRUNK = 10
"""Timesteps are divided by a tenth before the boundary condition."""


def timesteps(number: int, levels: int) -> list[int]:
    """Timesteps of training, falling from the last one.

    Args:
        number: how many.
        levels: of the noise schedule that the model was distilled over.

    Raises:
        UsageError: there are not as many levels.

    >>> timesteps(4, 50)
    [999, 759, 519, 279]
    """
    if not 0 < number <= levels:
        raise UsageError(f"It was distilled over {levels} levels of noise: ask for 1 to {levels} steps, not {number}.")
    spaced = [(level + 1) * (TIMESTEPS // levels) - 1 for level in range(levels)]
    return spaced[:: -(levels // number)][:number]


def boundary(timestep: int) -> tuple[float, float]:
    """How much of the noisy and of the clean latents counts; near timestep 0 they are noisy latents alone."""
    scaled = timestep * SHRUNK
    return DEVIATION**2 / (scaled**2 + DEVIATION**2), scaled / (scaled**2 + DEVIATION**2) ** 0.5


def sampled(
    predict: Callable[[Tensor, int], Tensor], noise: Tensor, steps: list[int], fresh: Callable[[], Tensor]
) -> Tensor:
    """A clean video.

    Args:
        predict: noise in latents at a timestep.
        noise: standard normal, any shape.
        steps: as :func:`timesteps` gives them.
        fresh: gives noise of that shape; asked once a step but the last.
    """
    alphas = cumulative_alphas()
    latents = clean = noise
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        alpha = float(alphas[step])
        of_noisy, of_clean = boundary(step)
        predicted = (latents - (1 - alpha) ** 0.5 * predict(latents, step)) / alpha**0.5
        clean = of_clean * predicted + of_noisy * latents
        if following is not None:
            alpha = float(alphas[following])
            latents = alpha**0.5 * clean + (1 - alpha) ** 0.5 * fresh()
    return clean


def embedded(number: float, width: int) -> Tensor:
    """Sines, then cosines, of a thousand times a number, ``(1, width)``; how such networks are told of guidance."""
    half = width // 2
    frequencies = torch.exp(-torch.log(torch.tensor(10000.0)) / (half - 1) * torch.arange(half))
    angles = 1000.0 * torch.tensor([[number]]) * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1)
