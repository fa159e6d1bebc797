"""``videocrafter1`` and ``videocrafter2``: text to video with the published checkpoints, as published."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor
from typing_extensions import override

from vbench import device as devices
from vbench.checkpoints import cache_dir, digest
from vbench.errors import MissingCheckpoint, UsageError
from vbench.generators.base import Clip, Generator, Options, Request, SamplingError, Settings
from vbench.generators.diffusers_pipeline import as_frames
from vbench.generators.freenoise import rescheduled, shuffled_segments
from vbench.generators.ldm.vae import FACTOR, decoded
from vbench.generators.videocrafter.models import FILE, MODELS, Networks, download_command, load
from vbench.generators.videocrafter.schedule import Step, ddim, noise, timesteps
from vbench.generators.videocrafter.unet import attend_in_windows

MULTIPLE = 64
"""Pixels that sides are multiples of: the VAE divides them by 8, the U-Net three times by 2."""

ETA = 1.0

WINDOW, STRIDE = 16, 4
"""FreeNoise's windows, as published."""


@dataclass(frozen=True)
class VideoCrafterOptions(Options):
    """What can be set.

    Attributes:
        checkpoints: folder with ``videocrafter1/model.ckpt`` or ``videocrafter2/model.ckpt``, by default the suite's
            cache.
        device: auto, cpu, cuda, ...
    """

    checkpoints: str = ""
    device: str = "auto"


class VideoCrafter(Generator[VideoCrafterOptions]):
    """A model of :data:`~vbench.generators.videocrafter.models.MODELS`; its weights are loaded for the first video.

    Raises:
        UsageError: something stands behind a colon.
    """

    options_type = VideoCrafterOptions
    meaning: ClassVar[str] = "text to video with the published checkpoint, 16 frames of 512x320 as published"

    def __init__(self, name: str, argument: str, options: VideoCrafterOptions) -> None:
        super().__init__(name, argument, options)
        self.model_name = name.split("+")[0].split(":")[0]
        if argument:
            raise UsageError(
                f"{self.model_name} takes nothing behind a colon, found {argument!r}: say where its file is with "
                "--option checkpoints=FOLDER."
            )
        self.model = MODELS[self.model_name]
        self.freenoise = False

    @property
    @override
    def defaults(self) -> Settings:
        return self.model.settings

    @property
    def file(self) -> Path:
        """Where the checkpoint is looked for."""
        folder = Path(self.options.checkpoints).expanduser() if self.options.checkpoints else cache_dir()
        return folder / self.model_name / FILE

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        told = {
            "checkpoint": self.model.repository,
            "sha256": digest(self.file),
            "sampler": "DDIM",
            "eta": self._eta,
            "last_scale": self.model.last_scale,
            "condition_fps": self.model.condition_fps,
            "techniques": {"freenoise": {"window": WINDOW, "stride": STRIDE}} if self.freenoise else None,
            "dtype": "float32",
            "device": devices.choose(self.options.device).type,
            "torch": torch.__version__,
        }
        return {name: value for name, value in told.items() if value is not None}

    @override
    def use(self, techniques: Sequence[str]) -> None:
        others = [name for name in techniques if name != "freenoise"]
        if others:
            raise UsageError(
                f"{self.model_name} cannot take {', '.join(others)}: it can take freenoise, for videos of more than "
                f"{WINDOW} frames. The others work with diffusers pipelines, such as animatediff+{others[0]}."
            )
        self.freenoise = True

    @override
    def prepare(self, requests: Sequence[Request]) -> None:
        if not self.file.is_file():
            raise MissingCheckpoint(
                f"{self.file} is not there. Get it with: {download_command(self.model, self.file)}  or say in which "
                f"folder {self.model_name}/{FILE} lies: --option checkpoints=FOLDER"
            )
        devices.choose(self.options.device)
        if any(request.image for request in requests):
            raise UsageError(f"{self.model_name} takes no image: leave out --images.")
        for settings in {request.settings for request in requests}:
            self._check(settings)

    @override
    @torch.inference_mode()
    def sample(self, request: Request) -> Clip:
        try:
            frames = decoded(self._networks.vae, self._latents(request)[0].transpose(0, 1))
        except torch.cuda.OutOfMemoryError as error:
            raise SamplingError("out of memory: try a smaller --size or fewer --frames") from error
        return Clip(as_frames(frames.permute(0, 2, 3, 1).numpy()), _given(request.settings, "fps"))

    def _latents(self, request: Request) -> Tensor:
        """A clean video, ``(1, 4, F, H / 8, W / 8)``."""
        frames, height, width, steps, guidance = (
            _given(request.settings, name) for name in ("frames", "height", "width", "steps", "guidance")
        )
        generator = torch.Generator("cpu").manual_seed(request.seed)
        device = devices.choose(self.options.device)
        text = self._networks.text.encode([request.prompt, request.settings.negative_prompt or ""])
        shape = (1, self.model.plan.channels, frames, height // FACTOR, width // FACTOR)
        latents = self._start(shape, generator, request.seed).to(device)
        for step in ddim(steps, self._eta, self.model.last_scale):
            predicted = self._guided(latents, step, text, guidance)
            latents = step.taken(latents, predicted, noise(shape, generator).to(device))
        return latents

    def _guided(self, latents: Tensor, step: Step, text: Tensor, guidance: float) -> Tensor:
        """Noise that the text asks for, and more of it than without the text."""
        timestep = torch.tensor([step.timestep], device=latents.device)
        fps = torch.tensor([self.model.condition_fps or 0], device=latents.device)
        conditional: Tensor = self._networks.unet(latents, timestep, text[:1], fps)
        if guidance == 1:
            return conditional
        unconditional: Tensor = self._networks.unet(latents, timestep, text[1:], fps)
        return unconditional + guidance * (conditional - unconditional)

    def _start(self, shape: tuple[int, ...], generator: torch.Generator, seed: int) -> Tensor:
        start = noise(shape, generator)
        if not self.freenoise:
            return start
        return rescheduled(start, WINDOW, STRIDE, shuffled_segments(shape[2], WINDOW, STRIDE, random.Random(seed)))

    @property
    def _eta(self) -> float:
        return 0.0 if self.freenoise else ETA

    @cached_property
    def _networks(self) -> Networks:
        networks = load(self.model, self.file, devices.choose(self.options.device))
        if self.freenoise:
            attend_in_windows(networks.unet, WINDOW, STRIDE)
        return networks

    def _check(self, settings: Settings) -> None:
        for side in ("height", "width"):
            pixels = _given(settings, side)
            if pixels % MULTIPLE:
                raise UsageError(f"{self.model_name} samples multiples of {MULTIPLE} pixels: {side} {pixels} is none.")
        timesteps(_given(settings, "steps"))
        frames = _given(settings, "frames")
        if self.freenoise and (frames <= WINDOW or (frames - WINDOW) % STRIDE):
            raise UsageError(
                f"freenoise is for {WINDOW} + {STRIDE}k frames, k from 1: ask for 64, as published, or 20, 24, ...; "
                f"{frames} are asked for."
            )


def _given(settings: Settings, name: str) -> Any:
    """A setting that the model's defaults state, so that a request always has it."""
    return getattr(settings, name)
