"""VideoBooth's sampling: a clip of what a picture shows.

Published protocol: 250 steps of DDPM over kept timesteps with the larger variance, as SEINE's; at each of them the
picture's latents are given new noise of that timestep, drawn before the step's own; guidance 4 of the first three of
four channels, where the prompt sees the picture and the negative prompt does not; float32.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from vbench.generators.base import Settings
from vbench.generators.local_model import LoadOptions
from vbench.generators.models.inflated_sd.sampling import Predict, scheduled
from vbench.generators.models.seine.model import ddpm
from vbench.generators.models.videobooth.companions import Companions
from vbench.generators.models.videobooth.image import for_clip, for_vae
from vbench.generators.models.videobooth.mapper import Mapper
from vbench.generators.models.videobooth.text import with_placeholder
from vbench.generators.models.videobooth.unet import VIDEOBOOTH as ARCHITECTURE
from vbench.generators.models.videobooth.unet import UNet
from vbench.generators.models.videobooth.weights import fill
from vbench.generators.models.videobooth.weights_files import VAE, VIDEOBOOTH
from vbench.weights.cards import locate

GUIDED = 3
"""Channels that are guided; the reference takes them for an image's."""


class VideoBooth:
    """The loaded model.

    Args:
        options: where from and how.
    """

    def __init__(self, options: LoadOptions) -> None:
        device, dtype = options.placed(VIDEOBOOTH.dtype)
        self.device, self.dtype = device, dtype
        clip, vae = (locate(name, options.checkpoints) for name in (VIDEOBOOTH.companion, VAE))
        self.companions = Companions(clip, vae, device, dtype)
        with torch.device("meta"):
            network = UNet(ARCHITECTURE)
            mapper = Mapper(self.companions.image_encoder.config.hidden_size, ARCHITECTURE.text_width)
        fill(network, mapper, options.checkpoints)
        self.network, self.mapper = network.to(device, dtype), mapper.to(device, dtype)

    @torch.inference_mode()
    def sample(self, prompt: str, word: str, picture: Tensor, settings: Settings, generator: torch.Generator) -> Any:
        """A clip.

        Args:
            prompt: what to show.
            word: in it, that the picture stands for.
            picture: ``(3, S, S)`` uint8, the object on white.
            settings: all of them given, for square frames.
            generator: that all noise is drawn from, on the CPU.

        Returns:
            ``(T, H, W, 3)`` float32 in 0..1.

        Raises:
            SamplingError: the word is beyond what CLIP reads of the prompt.
        """
        told = settings.stated()
        frames, side = told["frames"], told["height"]
        shape = 1, ARCHITECTURE.in_channels, frames, side // self.companions.factor, side // self.companions.factor
        noise = torch.randn(shape, generator=generator).to(self.device)
        exemplar = self.companions.encoded(for_vae(picture, side), generator).expand(-1, -1, frames, -1, -1)
        words = self.mapper(self.companions.seen(for_clip(picture)))[0]
        unwanted = self.companions.text([told["negative_prompt"]])
        wanted = self.companions.text_with(words, with_placeholder(prompt, word))
        text = torch.cat([unwanted, unwanted, wanted])
        scheduler = ddpm()
        predict = shown(self.network, text, told["guidance"], exemplar, scheduler, generator)
        return self.companions.decoded(scheduled(predict, noise, scheduler, told["steps"], generator))


def shown(
    network: UNet, text: Tensor, guidance: float, exemplar: Tensor, scheduler: Any, generator: torch.Generator
) -> Predict:
    """Guided predictions for latents, with the picture as noisy as they are.

    Args:
        network: whose predictions.
        text: as :func:`guided` takes it.
        guidance: the scale.
        exemplar: ``(1, C, T, h, w)``, the picture's latents.
        scheduler: that noises them.
        generator: of this noise.
    """

    def predict(latents: Tensor, timestep: Tensor) -> Tensor:
        noise = torch.randn(exemplar.shape, generator=generator).to(exemplar)
        return guided(network, text, guidance, latents, scheduler.add_noise(exemplar, noise, timestep[None]), timestep)

    return predict


def guided(network: UNet, text: Tensor, guidance: float, latents: Tensor, exemplar: Tensor, timestep: Tensor) -> Tensor:
    """Away from the negative prompt without the picture, towards the prompt with it.

    ``negative + guidance * (prompt - negative)`` in the first three channels, and ``prompt`` in the others.

    Args:
        network: whose predictions.
        text: ``(3, L, C)``, features of the negative prompt, of what the picture is told, and of the prompt.
        guidance: the scale.
        latents: ``(1, C, T, h, w)`` float32, noisy.
        exemplar: alike, the picture's.
        timestep: of both, a scalar.

    Returns:
        Like the latents.
    """
    seen = torch.cat([latents, exemplar, latents]).to(text)
    negative, _, prompt = network(seen, timestep.to(text.device).expand(3), text).float().chunk(3)
    towards = negative + guidance * (prompt - negative)
    return torch.cat([towards[:, :GUIDED], prompt[:, GUIDED:]], dim=1)
