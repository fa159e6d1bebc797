"""VideoCrafter's noise schedule and its DDIM, with the scale of the second version.

Song et al., "Denoising Diffusion Implicit Models" (2021), equations 12 and 16, with one change: where there is a
scale, the clean latents count only so much, more of them at small timesteps ("dynamic rescaling").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vbench.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

TIMESTEPS = 1000
FIRST_BETA, LAST_BETA = 0.00085, 0.012
SCALED_STEPS = 400
"""Timesteps over which the scale falls from 1 to its final value."""

BUFFERS = {
    "betas", "alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod", "sqrt_one_minus_alphas_cumprod",
    "log_one_minus_alphas_cumprod", "sqrt_recip_alphas_cumprod", "sqrt_recipm1_alphas_cumprod", "posterior_variance",
    "posterior_log_variance_clipped", "posterior_mean_coef1", "posterior_mean_coef2", "scale_arr",
}  # fmt: skip
"""What published checkpoints hold of the schedule; all of it follows from the numbers above."""


@dataclass(frozen=True)
class Step:
    """From one timestep to the next smaller one.

    Attributes:
        timestep: of training, what the network is told.
        alpha: cumulative product at the timestep.
        previous_alpha: the same where the step leads.
        sigma: deviation of the fresh noise.
        scale: of the clean latents at the timestep.
        previous_scale: the same where the step leads.
    """

    timestep: int
    alpha: float
    previous_alpha: float
    sigma: float
    scale: float
    previous_scale: float

    def taken(self, latents: Tensor, noise: Tensor, fresh: Tensor) -> Tensor:
        """Latents where the step leads.

        Args:
            latents: at the timestep, any shape.
            noise: that the network sees in them.
            fresh: standard normal.
        """
        clean = (latents - (1 - self.alpha) ** 0.5 * noise) / self.alpha**0.5 / self.scale
        direction = (1 - self.previous_alpha - self.sigma**2) ** 0.5 * noise
        led: Tensor = self.previous_alpha**0.5 * self.previous_scale * clean + direction + self.sigma * fresh
        return led


def cumulative_alphas() -> NDArray[np.float64]:
    """Cumulative products of ``1 - beta``, ``(1000,)``, rounded to float32; betas are linear in their roots."""
    betas = np.linspace(FIRST_BETA**0.5, LAST_BETA**0.5, TIMESTEPS) ** 2
    return np.cumprod(1 - betas).astype(np.float32).astype(np.float64)


def scales(last: float) -> NDArray[np.float64]:
    """Scale of the clean latents by timestep, ``(1000,)``: from 1 to ``last``, then ``last``."""
    falling = np.linspace(1, last, SCALED_STEPS)
    return np.concatenate([falling, np.full(TIMESTEPS - SCALED_STEPS, last)]).astype(np.float32).astype(np.float64)


def diffused(latents: Tensor, noise: Tensor, last_scale: float = 1.0) -> Tensor:
    """Clean latents taken to the last timestep, as the model was trained.

    Args:
        latents: clean.
        noise: standard normal, alike.
        last_scale: see :func:`scales`.
    """
    alpha = float(cumulative_alphas()[-1])
    taken: Tensor = alpha**0.5 * last_scale * latents + (1 - alpha) ** 0.5 * noise
    return taken


def timesteps(number: int) -> list[int]:
    """Timesteps of DDIM, rising: 1 and every ``1000 // number``-th after it.

    They are more than ``number`` where it does not divide 1000.

    Raises:
        UsageError: the last of them would be beyond training.
    """
    found = [place + 1 for place in range(0, TIMESTEPS, max(1, TIMESTEPS // number))]
    if number > TIMESTEPS or found[-1] >= TIMESTEPS:
        raise UsageError(
            f"VideoCrafter's DDIM cannot be spaced over {number} steps: timestep {found[-1]} was never trained. "
            "Take a number that divides 1000, such as 50."
        )
    return found


def ddim(number: int, eta: float, last_scale: float = 1.0) -> list[Step]:
    """Steps from noise to a clean video.

    Args:
        number: how many; see :func:`timesteps`.
        eta: 0 adds no noise on the way, 1 as much as the schedule took away.
        last_scale: see :func:`scales`; 1 for none.

    Raises:
        UsageError: the timesteps cannot be spaced so.
    """
    places = timesteps(number)
    alphas, scale = cumulative_alphas(), scales(last_scale)
    steps = []
    for place, previous in zip(places, [0, *places[:-1]], strict=True):
        alpha, before = float(alphas[place]), float(alphas[previous])
        sigma = eta * ((1 - before) / (1 - alpha) * (1 - alpha / before)) ** 0.5
        steps.append(Step(place, alpha, before, sigma, float(scale[place]), float(scale[previous])))
    return steps[::-1]
