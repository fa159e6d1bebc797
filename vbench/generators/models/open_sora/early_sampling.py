"""Open-Sora 1.0's and 1.1's sampling: spaced DDPM with a variance that is predicted, in Stable Diffusion's latents."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import AutoencoderKL
from torch import Tensor

from vbench.generators.base import Request, SamplingError
from vbench.generators.frames import as_frames
from vbench.generators.local_model import LoadOptions, noise
from vbench.generators.models.inflated_sd.sampling import SpacedDDPM, scheduled
from vbench.generators.models.ldm.sizes import FACTOR
from vbench.generators.models.ldm.vae import decoded
from vbench.generators.models.open_sora.early_transformer import POSITIONS, EarlyTransformer, Sizes
from vbench.generators.models.open_sora.prompts import fed
from vbench.generators.models.open_sora.second_transformer import SecondTransformer
from vbench.generators.models.open_sora.text import T5
from vbench.generators.models.open_sora.weights_files import EarlyModel
from vbench.media.clip import Clip
from vbench.weights.cards import locate
from vbench.weights.load import Part, fill, state_dict
from vbench.weights.pretrained import whole

GUIDED = 3
"""Channels of the noise that guidance changes; the fourth is the prompt's, as in the authors' program."""

PICTURE_FPS = 120
"""What the network is told of the rate of a single frame, as it was in training."""


class EarlySampler:
    """A model that is loaded.

    Args:
        model: which.
        options: where from and how.

    Raises:
        CheckpointError: a file cannot be read, or is not whole.
    """

    def __init__(self, model: EarlyModel, options: LoadOptions) -> None:
        device, dtype = options.placed(model.dtype)
        self.model, self.device = model, device
        sizes = Sizes(**{"text_tokens": model.text_tokens, **dict(model.sizes)})
        with torch.device("meta"):
            transformer = SecondTransformer(sizes) if model.interval else EarlyTransformer(sizes)
        state = state_dict(model.transformer, options.checkpoints)
        weights = {key: value for key, value in state.items() if key not in POSITIONS}
        fill(model.transformer, weights, [Part(transformer)], options.checkpoints)
        self.transformer = transformer.to(device, dtype)
        self.vae = whole(AutoencoderKL, locate(model.vae, options.checkpoints)).to(device, dtype)
        self.text = T5(model.text, options.checkpoints, device, torch.float32)

    @torch.inference_mode()
    def sample(self, request: Request) -> Clip:
        """The clip of a request whose settings are all stated.

        Raises:
            SamplingError: the memory does not suffice, or the values are no picture.
        """
        settings, generator = request.settings.stated(), noise(request)
        sides = settings["height"] // FACTOR, settings["width"] // FACTOR
        shape = (1, self.transformer.sizes.channels, settings["frames"], *sides)
        start = torch.randn(shape, generator=generator).to(self.device)
        text = self.text(fed(request.prompt, 0), self.transformer.sizes.text_tokens)
        nothing = self.transformer.nothing[:, : text.shape[1]]
        told = self._told(request)

        def predict(latents: Tensor, timestep: Tensor) -> Tensor:
            place = timestep.to(self.device)[None]
            asked, without = (self.transformer(latents, place, one, **told) for one in (text, nothing))
            return guided(asked, without, settings["guidance"])

        try:
            latents = scheduled(predict, start, ddpm(), settings["steps"], generator)
            frames = decoded(self.vae, latents[0].transpose(0, 1).to(self.vae.dtype))
        except torch.cuda.OutOfMemoryError as error:
            raise SamplingError("out of memory: try a smaller --size or fewer --frames") from error
        return Clip(as_frames(frames.permute(0, 2, 3, 1).numpy()), settings["fps"])

    def _told(self, request: Request) -> dict[str, Any]:
        """What the network is told of the video."""
        if not self.model.interval:
            return {}
        settings = request.settings.stated()
        pixels, frames = (settings["height"], settings["width"]), settings["frames"]
        fps = self.model.interval * settings["fps"] if frames > 1 else PICTURE_FPS
        return {"pixels": pixels, "frames": frames, "fps": fps}


def guided(asked: Tensor, without: Tensor, guidance: float) -> Tensor:
    """Noise that the text asks for in :data:`GUIDED` channels and more of it than without; the rest as the text has it.

    Args:
        asked: what is predicted with the prompt, noise and variance, ``(1, 2C, F, H, W)``.
        without: the same without it.
        guidance: the scale.
    """
    noise = without[:, :GUIDED] + guidance * (asked[:, :GUIDED] - without[:, :GUIDED])
    return torch.cat([noise, asked[:, GUIDED:]], dim=1)


def ddpm() -> SpacedDDPM:
    """Spaced DDPM whose variance the network predicts."""
    return SpacedDDPM("learned_range")
