"""LaVie's base model: a prompt to a short clip.

Published protocol: 16 frames of 320 x 512, 50 steps of DDPM, guidance 7.5, an empty negative prompt, float16.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import torch

from vbench.generators.base import Settings
from vbench.generators.local_model import LoadOptions
from vbench.generators.models.inflated_sd.sampling import SCHEDULERS, guided, refined, scheduled
from vbench.generators.models.inflated_sd.stable_diffusion import StableDiffusion
from vbench.generators.models.inflated_sd.unet import BASE, UNet, attend_in_windows
from vbench.generators.models.lavie import weights_files as published
from vbench.generators.techniques.freenoise import injected, rescheduled, shuffled_segments
from vbench.weights.cards import locate
from vbench.weights.load import filled


class Base:
    """The loaded model.

    Args:
        options: where from and how.
        scheduler: a name in :data:`~vbench.generators.models.inflated_sd.sampling.SCHEDULERS`.
        windows: length and stride of FreeNoise's windows, ``None`` to attend to all frames at once.
    """

    def __init__(self, options: LoadOptions, scheduler: str, windows: tuple[int, int] | None = None) -> None:
        device, dtype = options.placed(published.BASE.dtype)
        self.device, self.windows = device, windows
        self.scheduler = SCHEDULERS[scheduler]()
        self.stable_diffusion = StableDiffusion(
            locate(published.BASE.companion, options.checkpoints), device, dtype, dtype
        )
        with torch.device("meta"):
            network = UNet(BASE)
        self.network = filled(network, published.BASE.weights, options.checkpoints).to(device, dtype)
        if windows:
            attend_in_windows(self.network, *windows)

    @torch.inference_mode()
    def sample(self, prompts: Sequence[str], settings: Settings, seed: int, iterations: int = 1) -> Any:
        """A clip.

        Args:
            prompts: what to show; of several, one after the other, by FreeNoise's motion injection.
            settings: all of them given.
            seed: of the CPU generator that all noise is drawn from, and of FreeNoise's shuffles.
            iterations: of FreeInit, 1 for none.

        Returns:
            ``(T, H, W, 3)`` float32 in 0..1.
        """
        told, factor = settings.stated(), self.stable_diffusion.factor
        frames, generator = told["frames"], torch.Generator("cpu").manual_seed(seed)
        shape = (1, 4, frames, told["height"] // factor, told["width"] // factor)
        first = torch.randn(shape, generator=generator)
        if self.windows:
            first = rescheduled(first, *self.windows, shuffled_segments(frames, *self.windows, random.Random(seed)))
        first = first.to(self.device)
        negative, *texts = self.stable_diffusion.text([told["negative_prompt"], *prompts])
        of_frames = None
        if len(texts) > 1:
            of_frames = torch.stack([negative.expand(frames, -1, -1), injected(torch.stack(texts), frames)])
        guidance = max(told["guidance"], 1.0)  # as published, less is the prompt alone, too
        predict = guided(self.network, torch.stack([negative, texts[-1]]), guidance, text_up=of_frames)
        latents = scheduled(predict, first, self.scheduler, told["steps"], generator)
        for _ in range(iterations - 1):
            noise = refined(latents, first, self.scheduler, generator)
            latents = scheduled(predict, noise, self.scheduler, told["steps"], generator)
        return self.stable_diffusion.decoded(latents)
