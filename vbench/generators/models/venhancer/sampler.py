"""VEnhancer's noise schedule and sampler: DPM-Solver++ (2M) SDE from pure noise, or from a noised clip.

- Schedule: log signal-to-noise ratios along a cosine (Hoogeboom et al., "simple diffusion", 2023, section 3.1),
  between two shifts. Deviations are stretched linearly, so that the last is 1 and nothing of the video is left there;
  that is the aim of Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed" (2024), in another way.
- Solver: Lu et al., "DPM-Solver++" (2022), multistep with noise and the midpoint rule, in the parametrisation of
  Karras et al. where clean latents have noise of deviation ``sigma`` on them.
- Guidance: classifier-free, its result brought towards the deviation of the conditional one (Lin et al., section 3.4).

Noise on the way is standard normal for each step, drawn on the CPU from the request's generator. The published code
takes increments of one Brownian path, which over intervals that do not overlap are the same distribution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from vbench.generators.models.venhancer.weights_files import TIMESTEPS

LOG_SNR = 15.0
"""The schedule runs from this log ratio to its negative, before the shifts."""

SHIFTS = (2, 4)
"""Of the cosine, at the first timestep and at the last."""


def deviations() -> Tensor:
    """Deviation of the noise by timestep where signal and noise have variance 1 together, ``(1000,)`` float32."""
    time = torch.linspace(1, 0, TIMESTEPS)
    low, high = (math.atan(math.exp(sign * LOG_SNR / 2)) for sign in (1, -1))
    cosine = -2 * torch.log(torch.tan(low + time * (high - low)))
    first, last = (cosine - 2 * math.log(shift) for shift in SHIFTS)
    noise = torch.sigmoid(-(time * first + (1 - time) * last)).sqrt()
    least, most = noise[0], noise[-1]
    return least + (1 - least) / (most - least) * (noise - least)


class Schedule:
    """Timesteps, which the network is told, and ``sigma``, noise over signal; the last timestep's is infinite."""

    def __init__(self) -> None:
        self.noise = deviations()
        self.signal = (1 - self.noise**2).sqrt()
        self.logs = (self.noise / self.signal).log()

    def sigmas(self, steps: int, levels: int = TIMESTEPS) -> list[float]:
        """From the noise of a timestep to 0, evenly over the timesteps; the last but one is left out.

        Args:
            steps: of denoising.
            levels: timesteps that are gone through; all of them begin with pure noise.
        """
        last = levels - 1
        places = torch.arange(last, -1, -levels / (steps + 1)).clamp(0, last)
        low, high, share = places.floor().long(), places.ceil().long(), places.frac()
        logs = torch.where(share > 0, (1 - share) * self.logs[low] + share * self.logs[high], self.logs[low])
        sigmas: list[float] = logs.exp().tolist()
        return [*sigmas[:-1], 0.0]

    def timestep(self, sigma: float) -> int:
        """The nearest timestep of a ``sigma``, between its neighbours in the logarithm."""
        if math.isinf(sigma):
            return TIMESTEPS - 1
        log = torch.tensor(sigma).log()
        low = int((self.logs <= log).sum().clamp(1, TIMESTEPS - 1)) - 1
        share = ((log - self.logs[low]) / (self.logs[low + 1] - self.logs[low])).clamp(0, 1)
        return int(torch.round(low + share))

    def clean(self, latents: Tensor, velocity: Tensor, timestep: int) -> Tensor:
        """The clean latents that a velocity means, at variance 1."""
        return self.signal[timestep].item() * latents - self.noise[timestep].item() * velocity

    def noised(self, clean: Tensor, noise: Tensor, timestep: int) -> Tensor:
        """Clean latents with noise on them, at variance 1."""
        return self.signal[timestep].item() * clean + self.noise[timestep].item() * noise


def guided(conditional: Tensor, unconditional: Tensor, guidance: float, rescale: float) -> Tensor:
    """More of what the text asks for, at nearly the deviation that it had.

    Args:
        conditional: ``(B, ...)``.
        unconditional: the same without the text, or with the negative one.
        guidance: how much; 1 is the conditional alone.
        rescale: how much of the deviation is brought back, 0..1.
    """
    pushed = unconditional + guidance * (conditional - unconditional)
    deviation, now = (part.flatten(1).std(dim=1) for part in (conditional, pushed))
    ratio = (deviation / (now + 1e-12)).reshape(-1, *[1] * (pushed.ndim - 1))
    return pushed * (rescale * ratio + 1 - rescale)


def sample(
    denoise: Callable[[Tensor, float], Tensor], start: Tensor, sigmas: Sequence[float], draw: Callable[[], Tensor]
) -> Tensor:
    """Clean latents from noise.

    Args:
        denoise: latents at variance 1 and their ``sigma`` -> clean latents.
        start: of variance 1; standard normal where the first ``sigma`` is infinite.
        sigmas: falling; the last 0.
        draw: standard normal like ``start``, called for each step but an infinite one and the last.
    """
    before, last_step = None, 0.0
    if math.isinf(sigmas[0]):
        sigmas, latents = sigmas[1:], denoise(start, sigmas[0]) + sigmas[1] * start
    else:
        latents = sigmas[0] * start  # as published; at variance 1 it would be the root of 1 + sigma²
    for sigma, following in pairwise(sigmas):
        clean = denoise(latents / (sigma**2 + 1) ** 0.5, sigma)
        if following == 0:
            return clean
        step = math.log(sigma / following)
        weight = -math.expm1(-2 * step)
        latents = following / sigma * math.exp(-step) * latents + weight * clean
        if before is not None:
            latents = latents + 0.5 * weight * step / last_step * (clean - before)
        latents = latents + following * weight**0.5 * draw()
        before, last_step = clean, step
    return latents
