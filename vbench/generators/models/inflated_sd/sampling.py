"""From noise to latents: LaVie's schedulers, and DDIM over kept timesteps as its interpolation has it.

All diffuse with linear betas from 0.0001 to 0.02 over 1000 timesteps. What is between the steps stays float32, in
whatever precision the network computes.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, repeat
from typing import Any

import torch
from diffusers import DDIMScheduler, DDPMScheduler, EulerDiscreteScheduler
from torch import Tensor

from vbench.generators.models.inflated_sd.unet import UNet
from vbench.generators.techniques.diffusers_hooks import FreeInit
from vbench.generators.techniques.freeinit import butterworth, mixed

TRAINED = 1000
"""Timesteps of training."""

FIRST_BETA, LAST_BETA = 0.0001, 0.02

BETAS = {"beta_start": FIRST_BETA, "beta_end": LAST_BETA, "beta_schedule": "linear"}

Predict = Callable[[Tensor, Tensor], Tensor]
"""Noisy latents ``(1, C, T, h, w)`` float32 and a timestep, a scalar -> what is predicted of them, alike."""

SCHEDULERS: dict[str, Callable[[], Any]] = {
    "ddpm": lambda: DDPMScheduler(**BETAS, clip_sample=False, timestep_spacing="leading", steps_offset=0),
    "ddim": lambda: DDIMScheduler(
        **BETAS, clip_sample=False, set_alpha_to_one=False, timestep_spacing="leading", steps_offset=1
    ),
    "eulerdiscrete": lambda: EulerDiscreteScheduler(**BETAS, timestep_spacing="linspace"),
}
"""The base model's schedulers by the names of its configuration."""


def guided(
    network: UNet,
    text: Tensor,
    guidance: float,
    beside: Tensor | None = None,
    label: int | None = None,
    text_up: Tensor | None = None,
) -> Predict:
    """Classifier-free guidance: away from the negative prompt, towards the prompt.

    ``negative + guidance * (prompt - negative)``

    Args:
        network: whose predictions.
        text: ``(2, L, C)``, the negative prompt's and the prompt's features.
        guidance: the scale.
        beside: ``(1, C, T, h, w)``, what the network is given beside the latents.
        label: what it is told beside the timestep.
        text_up: ``(2, T, L, C)``, what the way up of the network is told of each frame instead.
    """

    def predict(latents: Tensor, timestep: Tensor) -> Tensor:
        seen = latents if beside is None else torch.cat([latents, beside.to(latents)], dim=1)
        both = seen.expand(2, -1, -1, -1, -1).to(text)
        labels = None if label is None else torch.full((2,), label, device=text.device)
        negative, prompt = network(both, timestep.to(text.device).expand(2), text, labels, text_up).float().chunk(2)
        towards: Tensor = negative + guidance * (prompt - negative)
        return towards

    return predict


def scheduled(predict: Predict, noise: Tensor, scheduler: Any, steps: int, generator: torch.Generator) -> Tensor:
    """Latents sampled by one of diffusers' schedulers.

    Args:
        predict: the model.
        noise: standard normal, ``(1, C, T, h, w)`` float32.
        scheduler: of diffusers.
        steps: how many.
        generator: of the noise that the scheduler adds.

    Returns:
        Like the noise.
    """
    scheduler.set_timesteps(steps)
    latents: Tensor = noise * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        predicted = predict(scheduler.scale_model_input(latents, timestep), timestep)
        latents = scheduler.step(predicted, timestep, latents, **_drawing(scheduler, generator)).prev_sample
    return latents


def _drawing(scheduler: Any, generator: torch.Generator) -> dict[str, Any]:
    """DDIM without noise takes no generator along."""
    return {} if isinstance(scheduler, DDIMScheduler) else {"generator": generator}


def refined(latents: Tensor, first: Tensor, scheduler: Any, generator: torch.Generator) -> Tensor:
    """Noise for one more iteration of FreeInit, with the low frequencies of what was sampled.

    Args:
        latents: sampled, ``(1, C, T, h, w)`` float32.
        first: the noise of the first sampling.
        scheduler: of diffusers, with noise of deviation 1.
        generator: of the fresh noise.
    """
    diffused = scheduler.add_noise(latents, first, torch.tensor([TRAINED - 1], device=latents.device))
    fresh = torch.randn(latents.shape, generator=generator).to(latents)
    frames, height, width = latents.shape[-3:]
    low_pass = butterworth((frames, height, width), FreeInit.spatial_stop, FreeInit.temporal_stop, FreeInit.order)
    return mixed(diffused, fresh, low_pass.to(latents))


def spaced_ddim(predict: Predict, noise: Tensor, steps: int) -> Tensor:
    """Latents sampled by DDIM (Song et al., 2021, equation 12 with no noise) from kept timestep to kept timestep.

    Diffusers' DDIM goes to ``t - 1000 // steps`` instead of the kept timestep before ``t``.

    Args:
        predict: the model, which predicts noise.
        noise: standard normal, ``(1, C, T, h, w)`` float32.
        steps: how many, at least 2.

    Returns:
        Like the noise.
    """
    kept = kept_timesteps(steps)
    betas = torch.linspace(FIRST_BETA, LAST_BETA, TRAINED, dtype=torch.float64)
    signal = (1 - betas).cumprod(0)[kept].tolist()
    latents = noise
    for timestep, now, before in zip(reversed(kept), reversed(signal), [*reversed(signal[:-1]), 1.0], strict=True):
        predicted = predict(latents, torch.tensor(timestep))
        clean = (latents - (1 - now) ** 0.5 * predicted) / now**0.5
        latents = before**0.5 * clean + (1 - before) ** 0.5 * predicted
    return latents


def kept_timesteps(steps: int) -> list[int]:
    """Timesteps from 0 to 999, evenly spread.

    The stride is added up, as published: where one is half-way between two numbers, the sum's rounding decides which.

    >>> kept_timesteps(4), kept_timesteps(21)[10]
    ([0, 333, 666, 999], 499)

    Args:
        steps: how many, 2 to 1000.
    """
    stride = (TRAINED - 1) / (steps - 1)
    return [round(place) for place in accumulate(repeat(stride, steps - 1), initial=0.0)]


class SpacedDDPM(DDPMScheduler):
    """DDPM over :func:`kept_timesteps`, with linear betas.

    Args:
        variance: of the noise on the way, in diffusers' words.
    """

    timesteps: Tensor

    def __init__(self, variance: str) -> None:
        super().__init__(**BETAS, variance_type=variance, clip_sample=False)  # type: ignore[no-untyped-call]

    def set_timesteps(self, num_inference_steps: int, device: Any = None) -> None:
        """See diffusers' schedulers."""
        falling = kept_timesteps(num_inference_steps)[::-1]
        super().set_timesteps(device=device, timesteps=falling)  # type: ignore[misc]  # diffusers is untyped
