"""``videocrafter1``, ``videocrafter1-1024`` and ``videocrafter2``: text to video with the published checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
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

TECHNIQUES = ("freeu", "freeu-v2", "freeinit", "freenoise")

BASE_MODEL = "SD2.1"
"""Whose factors FreeU takes."""

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
        self.techniques: tuple[str, ...] = ()

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
            "techniques": self._told_of_techniques or None,
            "dtype": "float32",
            "device": devices.choose(self.options.device).type,
        }
        return {name: value for name, value in told.items() if value is not None}

    @override
    def use(self, techniques: Sequence[str]) -> None:
        for name in techniques:
            if name not in TECHNIQUES:
                raise UsageError(f"{self.model.name} cannot take {name}; it can take {', '.join(TECHNIQUES)}.")
        if {"freeu", "freeu-v2"} <= set(techniques):
            raise UsageError("freeu and freeu-v2 are two versions of one technique: take one of them.")
        if {"freeinit", "freenoise"} <= set(techniques):
            raise UsageError("freeinit draws noise anew that freenoise has shared between frames: take one of them.")
        self.techniques = tuple(techniques)
        if self.freenoise:
            self.model = replace(self.model, condition_fps=self.model.freenoise_fps)

    @property
    def freenoise(self) -> bool:
        """Whether it samples long videos by windows."""
        return "freenoise" in self.techniques

    @property
    def _told_of_techniques(self) -> dict[str, Any]:
        from vbench.generators.techniques.diffusers_hooks import FreeInit
        from vbench.generators.techniques.freeu import PUBLISHED

        freeu = {"placement": "width", "base_model": BASE_MODEL, **asdict(PUBLISHED[BASE_MODEL])}
        known = {
            "freeu": {"version": 1, **freeu},
            "freeu-v2": {"version": 2, **freeu},
            "freeinit": FreeInit().settings,
            "freenoise": {"window": WINDOW, "stride": STRIDE},
        }
        return {name: known[name] for name in self.techniques}

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
        from vbench.generators.techniques.diffusers_hooks import FreeInit
        from vbench.generators.techniques.freeu import AMPLIFIED, PUBLISHED, VERSIONS

        device = devices.choose(self.options.device)
        windows = (WINDOW, STRIDE) if self.freenoise else None
        iterations = FreeInit.iterations if "freeinit" in self.techniques else 1
        sampler = Sampler(self.model, device, self._eta, windows, self.options.checkpoints, iterations)
        for version in set(VERSIONS) & set(self.techniques):
            sampler.networks.unet.freeu = PUBLISHED[BASE_MODEL], AMPLIFIED[version]
        return sampler

    def _check(self, settings: Settings) -> None:
        check_size(self.model.name, settings, MULTIPLE)
        timesteps(settings.steps or 0)
        frames = settings.frames or 0
        if self.freenoise and (frames <= WINDOW or (frames - WINDOW) % STRIDE):
            raise UsageError(
                f"freenoise is for {WINDOW} + {STRIDE}k frames, k from 1: ask for 64, as published, or 20, 24, ...; "
                f"{frames} are asked for."
            )
