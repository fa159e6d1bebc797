"""VideoCrafter by name: ``videocrafter-0.9`` to ``videocrafter2`` from text, ``videocrafter1-i2v`` from a picture."""

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
from vbench.generators.pictures import CHOICES, start_from
from vbench.media.clip import Clip
from vbench.weights.cards import checkpoint, locate

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

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
        fit: auto, crop, pad, stretch or refuse; for a picture of other proportions than the video. auto is stretch.
    """

    checkpoints: str = ""
    device: str = "auto"
    fit: str = "auto"

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            UsageError: a word that is not known.
        """
        if self.fit not in CHOICES:
            raise UsageError(f"The option fit must be {', '.join(CHOICES)}; found {self.fit!r}.")


class VideoCrafter(Generator[VideoCrafterOptions]):
    """A model of :data:`~.weights_files.MODELS`; its weights are loaded for the first video.

    Raises:
        UsageError: something stands behind a colon.
    """

    options_type = VideoCrafterOptions
    meaning: ClassVar[str] = "VideoCrafter, from text, or from text and an image (-i2v); protocol of its repository"
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
            "fit": self._fit if self.model.picture else None,
            "techniques": self._told_of_techniques or None,
            "dtype": "float32",
            "device": devices.choose(self.options.device).type,
        }
        return {name: value for name, value in told.items() if value is not None}

    @override
    def use(self, techniques: Sequence[str]) -> None:
        for name in techniques:
            if name not in self._known_techniques:
                known = ", ".join(self._known_techniques)
                raise UsageError(f"{self.model.name} cannot take {name}; it can take {known}.")
        if {"freeu", "freeu-v2"} <= set(techniques):
            raise UsageError("freeu and freeu-v2 are two versions of one technique: take one of them.")
        if {"freeinit", "freenoise"} <= set(techniques):
            raise UsageError("freeinit draws noise anew that freenoise has shared between frames: take one of them.")
        self.techniques = tuple(techniques)
        if self.freenoise:
            self.model = replace(self.model, condition_fps=self.model.freenoise_fps)

    @property
    def _known_techniques(self) -> tuple[str, ...]:
        """FreeNoise's authors show it from text alone; before version 1 only noise can be changed."""
        if self.model.early:
            return ("freeinit",)
        return tuple(name for name in TECHNIQUES if name != "freenoise" or not self.model.picture)

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
        for request in requests:
            if request.image and not self.model.picture:
                raise UsageError(f"{self.model.name} takes no image: leave out --images.")
            if self.model.picture:
                self._picture(request)
        for settings in {request.settings for request in requests}:
            self._check(settings)

    @override
    def sample(self, request: Request) -> Clip:
        if not self.model.picture:
            return self._sampler.sample(request)
        picture, told = self._picture(request)
        clip = self._sampler.sample(request, as_tensor(picture, request.settings))
        return Clip(clip.frames, clip.fps, {"images": [told]})

    def _picture(self, request: Request) -> tuple[Image.Image, dict[str, str]]:
        """The picture to start from in the video's proportions, and what was done to it.

        Raises:
            UsageError: there is none, or it cannot be read.
        """
        if request.image is None:
            raise UsageError(f"{self.model.name} starts from an image: give a folder of them with --images.")
        return start_from(request.image, request.settings, self._fit)

    @property
    def _fit(self) -> str:
        return "stretch" if self.options.fit == "auto" else self.options.fit  # as its own script does

    @property
    def _eta(self) -> float:
        return 0.0 if self.freenoise else ETA

    @cached_property
    def _sampler(self) -> Sampler:
        from vbench.generators.models.videocrafter.sampling import Sampler
        from vbench.generators.models.videocrafter.unet import UNet
        from vbench.generators.techniques.diffusers_hooks import FreeInit
        from vbench.generators.techniques.freeu import AMPLIFIED, PUBLISHED, VERSIONS

        device = devices.choose(self.options.device)
        windows = (WINDOW, STRIDE) if self.freenoise else None
        iterations = FreeInit.iterations if "freeinit" in self.techniques else 1
        sampler = Sampler(self.model, device, self._eta, windows, self.options.checkpoints, iterations)
        for version in set(VERSIONS) & set(self.techniques):
            assert isinstance(sampler.networks.unet, UNet)
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


def as_tensor(picture: Image.Image, settings: Settings) -> Tensor:
    """The picture as large as the video, ``(3, height, width)`` float32 in -1..1: the published script scales it so."""
    import numpy as np
    import torch
    import torch.nn.functional as F

    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1).float()[None]
    size = settings.height or 0, settings.width or 0
    return F.interpolate(pixels, size, mode="bilinear", align_corners=False)[0] / 127.5 - 1
