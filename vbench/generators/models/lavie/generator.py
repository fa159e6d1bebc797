"""LaVie by name: ``lavie``, ``lavie+interpolation``, ``lavie+vsr``, ``lavie+interpolation+vsr``."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from vbench.errors import UsageError
from vbench.generators.base import Enhancer, Generator, Request, SamplingError, Settings
from vbench.generators.local_model import (
    PIXELS,
    LoadOptions,
    Model,
    check_files,
    check_size,
    check_steps,
    loaded,
    noise,
)
from vbench.generators.models.lavie import weights_files as published
from vbench.generators.models.lavie.weights_files import (
    EVERY,
    FASTER,
    KEYS,
    LARGER,
    MOST_PIXELS,
    MOST_STEPS,
    SCHEDULERS,
)
from vbench.generators.options import read_options
from vbench.media.clip import Clip

if TYPE_CHECKING:
    from vbench.generators.models.lavie.base import Base

TECHNIQUES = ("freeu", "freeu-v2", "freeinit", "freenoise")

BASE_MODEL = "SD1.4"
"""Whose factors FreeU takes."""

WINDOW, STRIDE = 16, 4
"""FreeNoise's windows, as published."""


@dataclass(frozen=True)
class LaVieOptions(LoadOptions):
    """How LaVie is loaded and run.

    Attributes:
        scheduler: auto, ddpm, ddim or eulerdiscrete; auto is ddpm, and ddim with freenoise.
        motion_injection: whether a prompt is several with ; between them, which the frames take up one after the
            other; with freenoise.
    """

    scheduler: str = "auto"
    motion_injection: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            UsageError: a word that is not known.
        """
        super().__post_init__()
        if self.scheduler not in ("auto", *SCHEDULERS):
            raise UsageError(f"The option scheduler must be auto, {', '.join(SCHEDULERS)}; found {self.scheduler!r}.")


class LaVie(Generator[LaVieOptions]):
    """LaVie's base model; its weights are loaded for the first video.

    A request's noise is all drawn from one CPU generator with the request's seed. The published script seeds once
    and goes through all prompts, so that there a video depends on those before it.

    Raises:
        UsageError: something stands behind a colon.
    """

    version = 2
    options_type = LaVieOptions
    meaning = "LaVie, text to 16 frames at 8 fps; protocol of its repository"
    meaning_on_board = "LaVie; size as VBench's sampled_videos/README.md says, the rest of its repository"
    takes_argument = False

    def __init__(self, name: str, argument: str, options: LaVieOptions) -> None:
        super().__init__(name, argument, options)
        self.techniques: tuple[str, ...] = ()

    @property
    @override
    def defaults(self) -> Settings:
        return published.PROTOCOLS[self.name.split("+")[0]]

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        told = {**loaded(published.BASE, self.options), "scheduler": self._scheduler}
        return {**told, "techniques": self._settings} if self.techniques else told

    @override
    def use(self, techniques: Sequence[str]) -> None:
        for name in techniques:
            if name not in TECHNIQUES:
                raise UsageError(f"lavie cannot take {name}; it can take {', '.join(TECHNIQUES)}.")
        if {"freeu", "freeu-v2"} <= set(techniques):
            raise UsageError("freeu and freeu-v2 are two versions of one technique: take one of them.")
        if "freeinit" in techniques and self.options.scheduler == "eulerdiscrete":
            raise UsageError("freeinit needs a scheduler whose noise has deviation 1: --option scheduler=ddpm or ddim.")
        if {"freeinit", "freenoise"} <= set(techniques):
            raise UsageError("freeinit draws noise anew that freenoise has shared between frames: take one of them.")
        if "freenoise" in techniques and self.options.scheduler == "ddpm":
            raise UsageError(
                "ddpm adds noise that undoes what freenoise shares between frames: --option scheduler=ddim."
            )
        self.techniques = tuple(techniques)

    @property
    def freenoise(self) -> bool:
        """Whether it samples long videos by windows."""
        return "freenoise" in self.techniques

    @property
    def _scheduler(self) -> str:
        """The one that is sampled with."""
        chosen = self.options.scheduler
        return chosen if chosen != "auto" else "ddim" if self.freenoise else "ddpm"

    @property
    @override
    def checkpoints(self) -> Sequence[str]:
        return published.BASE.files

    @override
    def load(self) -> None:
        _ = self._model

    @override
    def prepare(self, requests: Sequence[Request]) -> None:
        check_files(published.BASE.files, self.options.checkpoints)
        self.options.placed(published.BASE.dtype)
        if any(request.image for request in requests):
            raise UsageError("lavie takes no image: leave out --images.")
        if self.options.motion_injection and not self.freenoise:
            raise UsageError("The option motion_injection is for long videos: --model lavie+freenoise.")
        for settings in {request.settings for request in requests}:
            check_size("lavie", settings)
            if self._scheduler in MOST_STEPS:
                check_steps("lavie", settings, least=1, most=MOST_STEPS[self._scheduler])
            self._check_windows(settings.frames or 0)

    def _check_windows(self, frames: int) -> None:
        if self.freenoise and (frames <= WINDOW or (frames - WINDOW) % STRIDE):
            raise UsageError(
                f"freenoise is for {WINDOW} + {STRIDE}k frames, k from 1: ask for 64, as published, or 20, 24, ...; "
                f"{frames} are asked for."
            )

    @override
    def fed(self, prompt: str) -> Sequence[str]:
        """What the frames show, one after the other."""
        from vbench.generators.techniques.freenoise import PROMPTS

        parts = [part.strip() for part in prompt.split(PROMPTS)] if self.options.motion_injection else [prompt]
        return [part for part in parts if part] or [prompt]

    @override
    def sample(self, request: Request) -> Clip:
        from vbench.generators.frames import as_frames

        iterations = self._settings["freeinit"]["iterations"] if "freeinit" in self.techniques else 1
        video = self._model.sample(self.fed(request.prompt), request.settings, request.seed, iterations)
        return Clip(as_frames(video), request.settings.stated()["fps"])

    @cached_property
    def _model(self) -> Base:
        from vbench.generators.models.lavie.base import Base
        from vbench.generators.techniques.diffusers_hooks import hook_decoder
        from vbench.generators.techniques.freeu import AMPLIFIED, PUBLISHED

        model = Base(self.options, self._scheduler, (WINDOW, STRIDE) if self.freenoise else None)
        for name in set(AMPLIFIED) & set(self.techniques):
            hook_decoder(model.network, PUBLISHED[BASE_MODEL], AMPLIFIED[name])
        return model

    @property
    def _settings(self) -> dict[str, Any]:
        """The techniques', for the manifest."""
        from vbench.generators.techniques.diffusers_hooks import FreeInit
        from vbench.generators.techniques.freeu import PUBLISHED

        freeu = {"placement": "width", "base_model": BASE_MODEL, **asdict(PUBLISHED[BASE_MODEL])}
        windows = {"window": WINDOW, "stride": STRIDE, "motion_injection": self.options.motion_injection}
        known = {
            "freeu": {"version": 1, **freeu},
            "freeu-v2": {"version": 2, **freeu},
            "freeinit": FreeInit().settings,
            "freenoise": windows,
        }
        return {name: known[name] for name in self.techniques}


class Stage(Enhancer):
    """A network of LaVie that works on clips; ``NAME`` or ``NAME:checkpoints=FOLDER,device=...``.

    Without options of its own it is loaded as the generator is whose clips it works on, where that has the same.

    Raises:
        UsageError: options that there are not.
    """

    model: ClassVar[Model]

    def __init__(self, name: str, argument: str, options: Sequence[str] = ()) -> None:
        super().__init__(name, argument)
        self.options = read_options(LoadOptions, [*(argument.split(",") if argument else []), *options], name)

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        return {**loaded(self.model, self.options), "settings": self.model.protocol.stated()}

    @property
    @override
    def checkpoints(self) -> Sequence[str]:
        return self.model.files

    @override
    def load(self) -> None:
        _ = self._loaded

    @override
    def prepare(self, generator: Generator[Any], settings: Settings) -> Settings:
        if isinstance(generator.options, LoadOptions) and self.options == LoadOptions():
            given = generator.options
            self.options = LoadOptions(given.checkpoints, given.device, given.dtype)
        check_files(self.model.files, self.options.checkpoints)
        self.options.placed(self.model.dtype)
        return settings

    @override
    def enhance(self, clip: Clip, request: Request) -> Clip:
        from vbench.generators.frames import as_frames

        return Clip(as_frames(self._loaded.sample(request.prompt, clip.frames, noise(request))), self.rate(clip.fps))

    def rate(self, fps: float) -> float:
        """Frames per second of the new clip."""
        return fps

    @cached_property
    def _loaded(self) -> Any:
        return self._load()

    @abstractmethod
    def _load(self) -> Any:
        """The loaded model."""


class LaVieInterpolation(Stage):
    """LaVie's temporal interpolation."""

    meaning = "16 frames become 61, at three times the rate (LaVie's interpolation, protocol of its repository)"
    model = published.INTERPOLATION

    @override
    def prepare(self, generator: Generator[Any], settings: Settings) -> Settings:
        settings = super().prepare(generator, settings)
        if settings.frames not in (None, KEYS):
            raise UsageError(
                f"{self.name} works on clips of {KEYS} frames, and gets {settings.frames}: ask for --frames {KEYS}, "
                "and interpolate once."
            )
        if (settings.height or 0) * (settings.width or 0) > MOST_PIXELS:
            raise UsageError(
                f"{self.name} works on clips of about 512x320 pixels, and gets {settings.width}x{settings.height}: "
                "put it before what makes clips larger, as in lavie+interpolation+vsr."
            )
        check_size(self.name, settings)
        return replace(settings, frames=EVERY * (KEYS - 1) + 1, fps=settings.fps and self.rate(settings.fps))

    @override
    def enhance(self, clip: Clip, request: Request) -> Clip:
        frames, height, width = clip.frames.shape[:3]
        if frames != KEYS or height % PIXELS or width % PIXELS:
            raise SamplingError(
                f"{self.name} works on clips of {KEYS} frames with sides that are multiples of {PIXELS} pixels; this "
                f"one has {frames} of {width}x{height}."
            )
        return super().enhance(clip, request)

    @override
    def rate(self, fps: float) -> float:
        return FASTER * fps

    @override
    def _load(self) -> Any:
        from vbench.generators.models.lavie.interpolation import Interpolation

        return Interpolation(self.options)


class LaVieSuperResolution(Stage):
    """LaVie's video super-resolution."""

    meaning = "four times the height and the width (LaVie's super-resolution, protocol of its repository)"
    model = published.SUPER_RESOLUTION

    @override
    def prepare(self, generator: Generator[Any], settings: Settings) -> Settings:
        settings = super().prepare(generator, settings)
        height, width = settings.height and LARGER * settings.height, settings.width and LARGER * settings.width
        return replace(settings, height=height, width=width)

    @override
    def _load(self) -> Any:
        from vbench.generators.models.lavie.super_resolution import SuperResolution

        return SuperResolution(self.options)
