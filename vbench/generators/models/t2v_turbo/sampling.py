"""T2V-Turbo's sampling: from noise and a prompt to frames in a few steps, without an unconditional half."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from vbench.generators.base import Request, SamplingError
from vbench.generators.frames import as_frames
from vbench.generators.local_model import noise
from vbench.generators.models.ldm.sizes import FACTOR
from vbench.generators.models.ldm.vae import decoded
from vbench.generators.models.t2v_turbo.consistency import sampled, timesteps
from vbench.generators.models.t2v_turbo.unet import GuidedUNet, Lora, merged
from vbench.generators.models.t2v_turbo.weights_files import BASE, Model
from vbench.generators.models.videocrafter.networks import Networks, load
from vbench.generators.models.videocrafter.schedule import TIMESTEPS
from vbench.generators.models.videocrafter.weights_files import MODELS as VIDEOCRAFTERS
from vbench.media.clip import Clip
from vbench.weights.load import Part, fill, state_dict


def networks(model: Model, device: torch.device, checkpoints: str = "") -> Networks:
    """VideoCrafter2's networks, with the distilled U-Net in the place of its own, in float32.

    Args:
        model: which.
        device: to compute on.
        checkpoints: a folder that stands for the cache.

    Raises:
        MissingCheckpoint: a file is not there; the message has the command that gets it.
        CheckpointError: one cannot be read, or its keys and shapes are not the published ones.
    """
    base = VIDEOCRAFTERS[BASE]
    state = state_dict(model.name, checkpoints)
    with torch.device("meta"):
        unet = GuidedUNet(base.plan, knows_motion=not model.is_lora)
        lora = Lora(unet)
    fill(model.name, state, [Part(lora if model.is_lora else unet)], checkpoints)
    whole = load(base, torch.device("cpu"), checkpoints)
    if model.is_lora:
        unet.load_state_dict(merged(unet, lora, whole.unet.state_dict()), assign=True)
        unet.eval().requires_grad_(False)
    return replace(whole, unet=unet).to(device)


class Sampler:
    """A model that is loaded; arguments and errors as :func:`networks` has them."""

    def __init__(self, model: Model, device: torch.device, checkpoints: str = "") -> None:
        self.model, self.device = model, device
        self.networks = networks(model, device, checkpoints)

    @torch.inference_mode()
    def sample(self, request: Request) -> Clip:
        """The clip of a request whose settings are all stated.

        Raises:
            SamplingError: the memory does not suffice, or the values are no picture.
        """
        settings, generator = request.settings, noise(request)
        sides = (settings.height or 0) // FACTOR, (settings.width or 0) // FACTOR
        shape = (1, VIDEOCRAFTERS[BASE].plan.channels, settings.frames or 0, *sides)

        def fresh() -> Tensor:
            return torch.randn(shape, generator=generator).to(self.device)

        try:
            steps = timesteps(settings.steps or 0, self.model.levels)
            latents = sampled(self._predict(request), fresh(), steps, fresh)
            frames = decoded(self.networks.vae, latents[0].transpose(0, 1))
        except torch.cuda.OutOfMemoryError as error:
            raise SamplingError("out of memory: try a smaller --size or fewer --frames") from error
        return Clip(as_frames(frames.permute(0, 2, 3, 1).numpy()), settings.fps or 0)

    def _predict(self, request: Request) -> Callable[[Tensor, int], Tensor]:
        """What :func:`~.consistency.sampled` asks."""
        unet = self.networks.unet
        assert isinstance(unet, GuidedUNet)
        text = self.networks.text.encode([request.prompt])
        fps = torch.tensor([request.settings.fps or 0], device=self.device)

        def predict(latents: Tensor, timestep: int) -> Tensor:
            motion = self.model.motion_guidance
            if motion is not None and timestep < TIMESTEPS * (1 - self.model.motion_share):
                motion = 0.0
            beside = unet.told(request.settings.guidance or 0, motion)
            noise: Tensor = unet(latents, torch.tensor([timestep], device=self.device), text, fps, beside)
            return noise

        return predict
