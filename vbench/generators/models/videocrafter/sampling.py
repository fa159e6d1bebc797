"""VideoCrafter's sampling: from noise and a prompt to frames."""

from __future__ import annotations

import random

import torch
from torch import Tensor

from vbench.generators.base import Request, SamplingError, Settings
from vbench.generators.frames import as_frames
from vbench.generators.models.ldm.sizes import FACTOR
from vbench.generators.models.ldm.vae import decoded
from vbench.generators.models.videocrafter.networks import load
from vbench.generators.models.videocrafter.schedule import Step, ddim, diffused
from vbench.generators.models.videocrafter.unet import UNet, attend_in_windows
from vbench.generators.models.videocrafter.weights_files import Model
from vbench.generators.techniques.diffusers_hooks import FreeInit
from vbench.generators.techniques.freeinit import butterworth, mixed
from vbench.generators.techniques.freenoise import rescheduled, shuffled_segments
from vbench.media.clip import Clip

GREY = 224
"""Sides of the picture that stands for none."""


class Sampler:
    """A model that is loaded.

    Args:
        model: which.
        device: to compute on.
        eta: how much of the noise is fresh at each step, 0..1.
        windows: length and stride of FreeNoise's windows, ``None`` to attend to all frames at once.
        iterations: of FreeInit, 1 for none.
        checkpoints: a folder that stands for the cache.

    Raises:
        CheckpointError: the file cannot be read or is not the published one.
    """

    def __init__(
        self,
        model: Model,
        device: torch.device,
        eta: float,
        windows: tuple[int, int] | None,
        checkpoints: str = "",
        iterations: int = 1,
    ) -> None:
        self.model, self.device, self.eta, self.windows, self.iterations = model, device, eta, windows, iterations
        self.networks = load(model, device, checkpoints)
        if windows and isinstance(self.networks.unet, UNet):
            attend_in_windows(self.networks.unet, *windows)

    @torch.inference_mode()
    def sample(self, request: Request, picture: Tensor | None = None) -> Clip:
        """The clip of a request whose settings are all stated.

        Args:
            request: what is wanted.
            picture: to start from, ``(3, H, W)`` float in -1..1, for models that see one.

        Raises:
            SamplingError: the memory does not suffice, or the values are no picture.
        """
        try:
            frames = decoded(self.networks.vae, self._latents(request, picture)[0].transpose(0, 1))
        except torch.cuda.OutOfMemoryError as error:
            raise SamplingError("out of memory: try a smaller --size or fewer --frames") from error
        return Clip(as_frames(frames.permute(0, 2, 3, 1).numpy()), request.settings.fps or 0)

    def _latents(self, request: Request, picture: Tensor | None) -> Tensor:
        """A clean video, ``(1, 4, F, H / 8, W / 8)``."""
        settings = request.settings
        sides = (settings.height or 0) // FACTOR, (settings.width or 0) // FACTOR
        shape = (1, self.model.plan.channels, settings.frames or 0, *sides)
        generator = torch.Generator("cpu").manual_seed(request.seed)
        text = self._told([request.prompt, settings.negative_prompt or ""], picture)
        first = self._start(shape, generator, request.seed)
        latents = self._denoised(first, text, settings, generator)
        for _ in range(self.iterations - 1):
            again = diffused(latents, first, self.model.last_scale)
            low_pass = butterworth((shape[2], *sides), FreeInit.spatial_stop, FreeInit.temporal_stop, FreeInit.order)
            start = mixed(again, self._noise(shape, generator), low_pass)
            latents = self._denoised(start, text, settings, generator)
        return latents

    def _told(self, texts: list[str], picture: Tensor | None) -> Tensor:
        """What the network attends to: tokens of the texts, behind the first those of a picture, else of grey."""
        told = self.networks.text.encode(texts)
        if not self.networks.picture or picture is None:
            return told
        tower, resampler = self.networks.picture
        grey = torch.zeros(3, GREY, GREY)
        seen = torch.cat([resampler(tower(one[None].to(self.device))) for one in (picture, grey)])
        return torch.cat([told, seen], dim=1)

    def _denoised(self, latents: Tensor, text: Tensor, settings: Settings, generator: torch.Generator) -> Tensor:
        """From the last timestep to a clean video."""
        for step in ddim(settings.steps or 0, self.eta, self.model.last_scale):
            predicted = self._guided(latents, step, text, settings.guidance or 0)
            latents = step.taken(latents, predicted, self._noise(tuple(latents.shape), generator))
        return latents

    def _guided(self, latents: Tensor, step: Step, text: Tensor, guidance: float) -> Tensor:
        """Noise that the text asks for, and more of it than without the text."""
        timestep = torch.tensor([step.timestep], device=self.device)
        fps = torch.tensor([self.model.condition_fps or 0], device=self.device)
        conditional: Tensor = self.networks.unet(latents, timestep, text[:1], fps)
        if guidance == 1:
            return conditional
        unconditional: Tensor = self.networks.unet(latents, timestep, text[1:], fps)
        return unconditional + guidance * (conditional - unconditional)

    def _start(self, shape: tuple[int, ...], generator: torch.Generator, seed: int) -> Tensor:
        start = self._noise(shape, generator)
        if not self.windows:
            return start
        return rescheduled(start, *self.windows, shuffled_segments(shape[2], *self.windows, random.Random(seed)))

    def _noise(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Standard normal, drawn on the CPU, so that a seed means the same on every device."""
        return torch.randn(shape, generator=generator).to(self.device)
