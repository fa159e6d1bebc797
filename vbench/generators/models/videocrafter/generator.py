"""``videocrafter1``, ``videocrafter1-1024`` and ``videocrafter2``: text to video with the published checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from vbench import device as devices
from vbench.errors import UsageError
from vbench.files.digest import digest
from vbench.generators.base import Generator, Request, Settings
from vbench.generators.local_model import check_files, check_size
from vbench.generators.models.videocrafter.schedule import timesteps
from vbench.generators.models.videocrafter.weights_files import MODELS
from vbench.generators.options import Options
from vbench.media.clip import Clip
from vbench.weights.cards import checkpoint, locate

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
        checkpoints: folder of the published files, laid out as the suite's cache; ``""`` for that cache.
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
        self.model = MODELS[name.split("+")[0].split(":")[0]]
        self.freenoise = False

    @property
    @override
    def defaults(self) -> Settings:
        return self.model.settings

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        told = {
            "checkpoint": checkpoint(self.model.name).repository,
            "sha256": digest(locate(self.model.name, self.options.checkpoints)),
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
                f"{self.model.name} cannot take {', '.join(others)}: it can take freenoise, for videos of more than "
                f"{WINDOW} frames. The others work with diffusers pipelines, such as animatediff+{others[0]}."
            )
        self.freenoise = True
        self.model = replace(self.model, condition_fps=self.model.freenoise_fps)

    @property
    @override
    def checkpoints(self) -> Sequence[str]:
        return (self.model.name,)

    @override
    def load(self) -> None:
        _ = self._sampler

    @override
    def prepare(self, requests: Sequence[Request]) -> None:
        check_files([self.model.name], self.options.checkpoints)
        devices.choose(self.options.device)
        if any(request.image for request in requests):
            raise UsageError(f"{self.model.name} takes no image: leave out --images.")
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
        windows = (WINDOW, STRIDE) if self.freenoise else None
        return Sampler(self.model, device, self._eta, windows, self.options.checkpoints)

    def _check(self, settings: Settings) -> None:
        check_size(self.model.name, settings, MULTIPLE)
        timesteps(settings.steps or 0)
        frames = settings.frames or 0
        if self.freenoise and (frames <= WINDOW or (frames - WINDOW) % STRIDE):
            raise UsageError(
                f"freenoise is for {WINDOW} + {STRIDE}k frames, k from 1: ask for 64, as published, or 20, 24, ...; "
                f"{frames} are asked for."
            )
