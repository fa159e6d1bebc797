"""Open-Sora 1.2's sampling: from noise and a prompt to frames."""

from __future__ import annotations

import torch
from torch import Tensor

from vbench.generators.base import Request, SamplingError
from vbench.generators.frames import as_frames
from vbench.generators.local_model import LoadOptions, noise
from vbench.generators.models.ldm.sizes import FACTOR
from vbench.generators.models.open_sora.flow import flowed, timesteps
from vbench.generators.models.open_sora.prompts import fed
from vbench.generators.models.open_sora.text import T5
from vbench.generators.models.open_sora.transformer import Sizes, Transformer
from vbench.generators.models.open_sora.vae import VideoVAE
from vbench.generators.models.open_sora.weights_files import CHUNK, CHUNK_LATENTS, Model
from vbench.media.clip import Clip
from vbench.weights.load import Part, fill, state_dict


class Sampler:
    """A model that is loaded.

    Args:
        model: which.
        options: where from and how.
        aesthetic: score that is asked for in the prompt, 0 for none.

    Raises:
        CheckpointError: a file cannot be read, or is not whole.
    """

    def __init__(self, model: Model, options: LoadOptions, aesthetic: float) -> None:
        self.model, self.aesthetic = model, aesthetic
        self.device, dtype = options.placed(model.dtype)
        self.dtype = dtype
        with torch.device("meta"):
            transformer, vae = Transformer(Sizes(**dict(model.sizes))), VideoVAE(model.vae_width, model.vae_widths)
        for name, one in ((model.transformer, transformer), (model.vae, vae)):
            fill(name, state_dict(name, options.checkpoints), [Part(one)], options.checkpoints)
        self.transformer, self.vae = transformer.to(self.device, dtype), vae.to(self.device, dtype)
        self.text = T5(model.text, options.checkpoints, self.device, torch.float32)

    @torch.inference_mode()
    def sample(self, request: Request) -> Clip:
        """The clip of a request whose settings are all stated.

        Raises:
            SamplingError: the memory does not suffice, or the values are no picture.
        """
        settings = request.settings.stated()
        pixels = settings["height"], settings["width"]
        latents = settings["frames"] // CHUNK * CHUNK_LATENTS
        shape = (1, self.transformer.sizes.channels, latents, *(side // FACTOR for side in pixels))
        start = torch.randn(shape, generator=noise(request)).to(self.device, self.dtype)
        text = self.text(fed(request.prompt, self.aesthetic), self.transformer.sizes.text_tokens)
        nothing = self.transformer.nothing[:, : text.shape[1]]
        fps = torch.tensor([settings["fps"]], device=self.device)

        def velocity(video: Tensor, step: float) -> Tensor:
            timestep = torch.tensor([step], device=self.device)
            asked, without = (self.transformer(video, timestep, one, fps, pixels) for one in (text, nothing))
            guided: Tensor = without + settings["guidance"] * (asked - without)
            return guided

        try:
            steps = timesteps(settings["steps"], pixels, settings["frames"], self.dtype)
            video = flowed(velocity, start, steps)
            frames = self.vae.decode(video.to(self.dtype))
        except torch.cuda.OutOfMemoryError as error:
            raise SamplingError("out of memory: try a smaller --size or fewer --frames") from error
        return Clip(as_frames(frames.permute(0, 2, 3, 1).numpy()), settings["fps"])
