"""SEINE's sampling: LaVie's U-Net sees, beside the noise, which frames are given and what they show.

Published protocol: the network's channels are the noisy latents, the mask and the latents of the given frames, with
grey where there is none; 250 steps of DDPM over kept timesteps with the larger variance, guidance 8, float16.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from vbench.generators.base import Settings
from vbench.generators.local_model import LoadOptions
from vbench.generators.models.inflated_sd.sampling import SpacedDDPM, guided, scheduled, spaced_ddim
from vbench.generators.models.inflated_sd.stable_diffusion import StableDiffusion
from vbench.generators.models.inflated_sd.unet import BASE, UNet
from vbench.generators.models.seine.tasks import SEINE, Task, mask
from vbench.weights.cards import locate
from vbench.weights.load import filled

ARCHITECTURE = replace(BASE, in_channels=9)


class Seine:
    """The loaded model.

    Args:
        options: where from and how.
        scheduler: ddpm or ddim.
    """

    def __init__(self, options: LoadOptions, scheduler: str) -> None:
        device, dtype = options.placed(SEINE.dtype)
        self.device, self.scheduler = device, scheduler
        self.stable_diffusion = StableDiffusion(locate(SEINE.companion, options.checkpoints), device, dtype, dtype)
        with torch.device("meta"):
            network = UNet(ARCHITECTURE)
        self.network = filled(network, SEINE.weights, options.checkpoints).to(device, dtype)

    @torch.inference_mode()
    def sample(
        self, prompt: str, pictures: list[Tensor], task: Task, settings: Settings, generator: torch.Generator
    ) -> Any:
        """A clip.

        Args:
            prompt: what to show.
            pictures: as many ``(3, H, W)`` uint8 as the task is given, of any size, in the order of the frames.
            task: which frames they are.
            settings: all of them given.
            generator: that all noise is drawn from, on the CPU.

        Returns:
            ``(T, H, W, 3)`` float32 in 0..1.
        """
        told = settings.stated()
        to_generate = torch.tensor(mask(told["frames"], task.first, task.last), dtype=torch.float32)
        shown = torch.zeros(told["frames"], 3, told["height"], told["width"])
        shown[to_generate == 0] = torch.cat([resized(one, told["height"], told["width"]) for one in pictures])
        known = self.stable_diffusion.encoded(shown, generator)
        noise = torch.randn(known.shape, generator=generator).to(self.device)
        text = self.stable_diffusion.text([told["negative_prompt"], prompt + task.suffix])
        predict = guided(self.network, text, told["guidance"], beside(known, to_generate))
        if self.scheduler == "ddim":
            return self.stable_diffusion.decoded(spaced_ddim(predict, noise, told["steps"]))
        return self.stable_diffusion.decoded(scheduled(predict, noise, ddpm(), told["steps"], generator))


def beside(known: Tensor, to_generate: Tensor) -> Tensor:
    """What the network is given beside the noisy latents.

    Args:
        known: ``(1, 4, T, h, w)``, latents of the given frames and of grey.
        to_generate: ``(T,)``, the mask.

    Returns:
        ``(1, 5, T, h, w)``, the mask first.
    """
    return torch.cat([to_generate.to(known)[:, None, None].expand_as(known[:, :1]), known], dim=1)


def resized(picture: Tensor, height: int, width: int) -> Tensor:
    """``(3, H, W)`` uint8 -> ``(1, 3, height, width)`` float32 in -1..1, stretched to that shape."""
    return F.interpolate(picture[None] / 255, (height, width), mode="bilinear", align_corners=False) * 2 - 1


def ddpm() -> SpacedDDPM:
    """Spaced DDPM with the larger variance."""
    return SpacedDDPM("fixed_large")
