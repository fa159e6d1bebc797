"""LaVie's base model: a prompt to a short clip.

Published protocol: 16 frames of 320 x 512, 50 steps of DDPM, guidance 7.5, an empty negative prompt, float16.
"""

from __future__ import annotations

from typing import Any

import torch

from vbench.generators.base import Settings
from vbench.generators.local_model import LoadOptions
from vbench.generators.models.inflated_sd.sampling import SCHEDULERS, guided, refined, scheduled
from vbench.generators.models.inflated_sd.stable_diffusion import StableDiffusion
from vbench.generators.models.inflated_sd.unet import BASE, UNet
from vbench.generators.models.lavie import weights_files as published
from vbench.weights.cards import locate
from vbench.weights.load import filled


class Base:
    """The loaded model.

    Args:
        options: where from and how.
        scheduler: a name in :data:`~vbench.generators.models.inflated_sd.sampling.SCHEDULERS`.
    """

    def __init__(self, options: LoadOptions, scheduler: str) -> None:
        device, dtype = options.placed(published.BASE.dtype)
        self.device = device
        self.scheduler = SCHEDULERS[scheduler]()
        self.stable_diffusion = StableDiffusion(
            locate(published.BASE.companion, options.checkpoints), device, dtype, dtype
        )
        with torch.device("meta"):
            network = UNet(BASE)
        self.network = filled(network, published.BASE.weights, options.checkpoints).to(device, dtype)

    @torch.inference_mode()
    def sample(self, prompt: str, settings: Settings, generator: torch.Generator, iterations: int = 1) -> Any:
        """A clip.

        Args:
            prompt: what to show.
            settings: all of them given.
            generator: that all noise is drawn from, on the CPU.
            iterations: of FreeInit, 1 for none.

        Returns:
            ``(T, H, W, 3)`` float32 in 0..1.
        """
        told, factor = settings.stated(), self.stable_diffusion.factor
        shape = (1, 4, told["frames"], told["height"] // factor, told["width"] // factor)
        first = torch.randn(shape, generator=generator).to(self.device)
        text = self.stable_diffusion.text([told["negative_prompt"], prompt])
        predict = guided(self.network, text, told["guidance"])
        latents = scheduled(predict, first, self.scheduler, told["steps"], generator)
        for _ in range(iterations - 1):
            noise = refined(latents, first, self.scheduler, generator)
            latents = scheduled(predict, noise, self.scheduler, told["steps"], generator)
        return self.stable_diffusion.decoded(latents)
