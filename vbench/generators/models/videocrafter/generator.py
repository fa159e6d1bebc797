"""``videocrafter1``, ``videocrafter1-1024`` and ``videocrafter2``: text to video with the published checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from vbench import device as devices
from vbench.errors import MissingCheckpoint, UsageError
from vbench.files.digest import digest
from vbench.generators.base import Generator, Request, Settings
from vbench.generators.models.videocrafter.schedule import timesteps
from vbench.generators.models.videocrafter.weights_files import FILE, MODELS, download_command
from vbench.generators.options import Options
from vbench.media.clip import Clip
from vbench.weights.cards import cache_dir

if TYPE_CHECKING:
    from vbench.generators.models.videocrafter.sampling import Sampler

MULTIPLE = 64
"""Pixels that sides are multiples of: the VAE divides them by 8, the U-Net three times by 2."""

ETA = 1.0

WINDOW, STRIDE = 16, 4
"""FreeNoise's windows, as published."""


@dataclass(frozen=True)
class VideoCrafterOptions(Options):
    """What can be set.

    Attributes:
        checkpoints: folder with ``videocrafter2/model.ckpt``, or another model's by its name; by default the suite's
            cache.
        device: auto, cpu, cuda, ...
    """

    checkpoints: str = ""
    device: str = "auto"


class VideoCrafter(Generator[VideoCrafterOptions]):
    """A model of :data:`~.weights_files.MODELS`; its weights are loaded for the first video.

    Raises:
        UsageError: something stands behind a colon.
    """

    options_type = VideoCrafterOptions
    meaning: ClassVar[str] = "VideoCrafter, text to video; protocol of its repository"
    takes_argument = False

    def __init__(self, name: str, argument: str, options: VideoCrafterOptions) -> None:
        super().__init__(name, argument, options)
        self.model_name = name.split("+")[0].split(":")[0]
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
    def sample(self, request: Request) -> Clip:
        return self._sampler.sample(request)

    @property
    def _eta(self) -> float:
        return 0.0 if self.freenoise else ETA

    @cached_property
    def _sampler(self) -> Sampler:
        from vbench.generators.models.videocrafter.sampling import Sampler

        device = devices.choose(self.options.device)
        return Sampler(self.model, self.file, device, self._eta, (WINDOW, STRIDE) if self.freenoise else None)

    def _check(self, settings: Settings) -> None:
        for side in ("height", "width"):
            pixels = getattr(settings, side)
            if pixels % MULTIPLE:
                raise UsageError(f"{self.model_name} samples multiples of {MULTIPLE} pixels: {side} {pixels} is none.")
        timesteps(settings.steps or 0)
        frames = settings.frames or 0
        if self.freenoise and (frames <= WINDOW or (frames - WINDOW) % STRIDE):
            raise UsageError(
                f"freenoise is for {WINDOW} + {STRIDE}k frames, k from 1: ask for 64, as published, or 20, 24, ...; "
                f"{frames} are asked for."
            )
