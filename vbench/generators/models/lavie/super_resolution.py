"""LaVie's video super-resolution: a clip at four times its height and width.

Published protocol: windows of 8 frames that know nothing of each other, one stream of noise through all of them; the
small frames get noise of level 50; 50 steps of DDIM that predict velocity, guidance 5, the negative prompt "blur,
worst quality"; float16, the VAE in float32. The published pipeline takes the prompt from the file's name.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler, DDPMScheduler
from numpy.typing import NDArray
from torch import Tensor

from vbench.generators.local_model import LoadOptions
from vbench.generators.models.inflated_sd.sampling import guided, scheduled
from vbench.generators.models.inflated_sd.stable_diffusion import StableDiffusion
from vbench.generators.models.lavie import weights_files as published
from vbench.generators.models.lavie.interpolation import signed
from vbench.generators.models.lavie.vsr_unet import SUPER_RESOLUTION, VSRUNet
from vbench.weights.cards import locate
from vbench.weights.load import filled
from vbench.weights.pretrained import read

PROTOCOL = published.SUPER_RESOLUTION.protocol.stated()

NOISE_LEVEL = 50

WINDOW = 8
"""Frames that are sampled together."""


class SuperResolution:
    """The loaded model.

    Raises:
        CheckpointError: a folder is not whole.
    """

    def __init__(self, options: LoadOptions) -> None:
        device, dtype = options.placed(published.SUPER_RESOLUTION.dtype)
        self.device = device
        folder = locate(published.SUPER_RESOLUTION.companion, options.checkpoints)
        self.stable_diffusion = StableDiffusion(folder, device, dtype, torch.float32)
        self.scheduler = read(DDIMScheduler, folder / "scheduler", beta_schedule="linear")
        self.of_small = read(DDPMScheduler, folder / "low_res_scheduler")
        with torch.device("meta"):
            network = VSRUNet(SUPER_RESOLUTION)
        self.network = filled(network, published.SUPER_RESOLUTION.weights, options.checkpoints).to(device, dtype)

    @torch.inference_mode()
    def sample(self, prompt: str, frames: NDArray[np.uint8], generator: torch.Generator) -> Any:
        """A larger clip.

        Args:
            prompt: what the clip shows.
            frames: ``(T, H, W, 3)`` uint8.
            generator: that all noise is drawn from, on the CPU.

        Returns:
            ``(T, 4 H, 4 W, 3)`` float32 in 0..1.
        """
        text = self.stable_diffusion.text([PROTOCOL["negative_prompt"], prompt])
        windows = torch.split(signed(frames).transpose(0, 1)[None].to(self.device), WINDOW, dim=2)
        return np.concatenate([self._enlarged(window, text, generator) for window in windows])

    def _enlarged(self, small: Tensor, text: Tensor, generator: torch.Generator) -> Any:
        """A window ``(1, 3, T, H, W)`` in -1..1 -> ``(T, 4 H, 4 W, 3)`` in 0..1."""
        of_small = torch.randn(small.shape, generator=generator).to(small)
        noised = self.of_small.add_noise(small, of_small, torch.tensor([NOISE_LEVEL], device=small.device))
        noise = torch.randn((1, 4, *small.shape[2:]), generator=generator).to(small)
        predict = guided(self.network, text, PROTOCOL["guidance"], noised, NOISE_LEVEL)
        return self.stable_diffusion.decoded(scheduled(predict, noise, self.scheduler, PROTOCOL["steps"], generator))
