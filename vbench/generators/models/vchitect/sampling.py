"""From noise to latents: flow matching in Euler steps, with Vchitect-2.0's guidance, another one in each step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Predict = Callable[[Tensor, Tensor], Tensor]
"""Noisy latents ``(T, C, h, w)`` and a timestep, a scalar -> their velocity, alike."""

Scale = Callable[[float, int, float], float]
"""Timestep, number of steps and the guidance that is asked for -> its scale in that step."""


def published(timestep: float, steps: int, guidance: float) -> float:
    """The scale of the published pipeline: ``1 + g * (1 - cos(pi * ((N - t) / N) ** 5)) / 2``.

    Its formula is that of a smooth rise over the steps, but it is given the timestep, 1000 to 0, where it should have
    the number of the step: the scale jumps between 1 and ``1 + g``. That is how the model is published and judged.

    >>> published(1000, 100, 7.5)
    8.5
    """
    return 1 + guidance * (1 - math.cos(math.pi * ((steps - timestep) / steps) ** 5)) / 2


def constant(timestep: float, steps: int, guidance: float) -> float:
    """The same scale in every step."""
    return guidance


SCALES: dict[str, Scale] = {"published": published, "constant": constant}
"""Guidance by the names of the option."""


def sampled(
    prompt: Predict, negative: Predict, noise: Tensor, scheduler: Any, steps: int, guidance: float, scale: Scale
) -> Tensor:
    """Latents of a video.

    What is between the steps stays float32, in whatever precision the model computes.

    Args:
        prompt: the model with the prompt's text.
        negative: the same with the negative prompt's.
        noise: standard normal, ``(T, C, h, w)`` float32.
        scheduler: diffusers' flow-match Euler.
        steps: how many.
        guidance: what is asked for.
        scale: what becomes of it in a step.

    Returns:
        Like the noise.
    """
    scheduler.set_timesteps(steps, device=noise.device)
    latents = noise
    for timestep in scheduler.timesteps:
        towards = prompt(latents, timestep).float()
        strength = scale(float(timestep), steps, guidance)
        if strength != 1:
            away = negative(latents, timestep).float()
            towards = away + strength * (towards - away)
        latents = scheduler.step(towards, timestep, latents).prev_sample
    return torch.as_tensor(latents)
