"""What a generator, an enhancer and their clips are.

A generator answers a request (prompt, seed, settings) with a clip; an enhancer makes a better clip of a clip. Neither
knows of suites, folders or manifests: :mod:`vbench.sampling.generate` does.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Generic

from vbench.errors import UsageError, VBenchError
from vbench.generators.changes import Changes
from vbench.generators.options import O, Options
from vbench.generators.reading import listening
from vbench.media.clip import FASTEST, SLOWEST, Clip, Encoded, is_rate


class SamplingError(VBenchError):
    """A video could not be sampled; it is listed and the rest goes on."""


@dataclass(frozen=True)
class Settings:
    """How a video is sampled; ``None`` where the model has no such thing or decides by itself.

    Attributes:
        frames: number of frames.
        height: in pixels.
        width: in pixels.
        fps: frames per second of the written file.
        steps: denoising steps.
        guidance: scale of classifier-free guidance.
        negative_prompt: what to steer away from.
    """

    frames: int | None = None
    height: int | None = None
    width: int | None = None
    fps: float | None = None
    steps: int | None = None
    guidance: float | None = None
    negative_prompt: str | None = None

    takes_any: ClassVar[bool] = False
    """Whether what is ``None`` can be given all the same."""

    def with_given(self, **given: Any) -> Settings:
        """The same with everything that is given and not ``None``.

        Raises:
            UsageError: the model has no such setting, or a number is not positive, not finite, or a
                rate that no file can hold.
        """
        chosen = {name: value for name, value in given.items() if value is not None}
        for name, value in chosen.items():
            if getattr(self, name) is None and not self.takes_any:
                has = ", ".join(self.stated()) or "none that can be set"
                raise UsageError(f"This model has no setting {name.replace('_', ' ')}; it has {has}.")
            if name in ("frames", "height", "width", "fps", "steps") and value <= 0:
                raise UsageError(f"{name} must be positive, found {value}.")
            if isinstance(value, float) and not math.isfinite(value):
                raise UsageError(f"{name} must be a finite number, found {value}.")
            if name == "fps" and not is_rate(value):
                raise UsageError(f"fps must be from {SLOWEST:.4f} to {FASTEST}, which a file can hold; found {value}.")
        return replace(self, **chosen)

    def stated(self) -> dict[str, Any]:
        """The settings that the model has, for a manifest."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Request:
    """One video that is wanted.

    Attributes:
        prompt: what is fed to the model.
        index: number of the sample, from 0.
        seed: of its noise, 0 to 2**31 - 1; a generator draws from it and from nothing else.
        settings: how to sample.
        file: name of the file that it becomes.
        image: first frame or picture to start from, for models that take one.
    """

    prompt: str
    index: int
    seed: int
    settings: Settings
    file: str
    image: Path | None = None


@dataclass(frozen=True)
class Delivery:
    """What became of a request: a clip, a file, or the reason why there is neither.

    Attributes:
        request: that is answered.
        video: what came, if anything did.
        reason: why nothing did.
        read: what text encoders read of the prompt, as :meth:`vbench.generators.reading.Heard.of` says.
        stored: to be called when the video, or what was made of it, is safe on disk; until then a generator that paid
            for it may be asked again and pays nothing.
    """

    request: Request
    video: Clip | Encoded | None
    reason: str = ""
    read: Mapping[str, Any] | None = None
    stored: Callable[[], None] = lambda: None


_CHANGED = (
    "{name} is no diffusers pipeline and takes no {changes} (--set, --scheduler, --lora, --component). What it takes "
    "by --option: vbench generators NAME."
)

TECHNIQUES = ("freeu", "freeu-v2", "freeinit", "freenoise")
"""What changes how a diffusers pipeline samples, by name."""


BOARD = "@vbench"
"""Ends the name of a preset that samples as the board's makers did, where the authors do otherwise."""


class Generator(ABC, Generic[O]):
    """A model, or a program or service that runs one.

    A subclass states its options and implements :meth:`sample`, or :meth:`sample_all` where requests are better
    answered together.

    Args:
        name: as it was asked for, for the manifest.
        argument: what stood behind the colon in ``name:argument``, ``""`` without one.
        options: read from the command line.
    """

    options_type: ClassVar[type[Options]] = Options

    meaning: ClassVar[str] = ""
    """In a sentence, for lists."""

    meaning_on_board: ClassVar[str] = ""
    """The same of ``NAME@vbench``, where it has such a preset."""

    version: ClassVar[int] = 1
    """Raised where a request gives another video than before: samples of an older version are not continued."""

    seeded: ClassVar[bool] = True
    """Whether the same request gives the same video."""

    takes_pictures: ClassVar[bool] = True
    """Whether a picture to start from can mean anything to it; whether it must or may not have one is its own say."""

    model_file: Mapping[str, Any] = MappingProxyType({})
    """What it was read from, whole; empty for one that was asked for by name."""

    takes_argument: ClassVar[bool] = True
    """Whether something may stand behind the colon; where not, files are found by options."""

    def __init__(self, name: str, argument: str, options: O) -> None:
        if argument and not self.takes_argument:
            known = name.split(":")[0]
            raise UsageError(f"{known} takes its folder as --option checkpoints=FOLDER, not after a colon.")
        self.name, self.argument, self.options = name, argument, options

    @property
    @abstractmethod
    def defaults(self) -> Settings:
        """The published way of sampling; what a call leaves open is taken from here."""

    def delivers(self, asked: Settings) -> Settings:
        """What a video that was sampled with these settings is to be; ``None`` stands where any will do."""
        return asked

    @property
    def given_frames(self) -> tuple[int, int]:
        """How many frames it is given at the beginning of a video and at its end, where it takes pictures.

        Beside ``NAME.png`` lie the next ones as ``NAME-2.png``, ..., and those of the end as ``NAME-last.png``,
        ``NAME-last-2.png``, ...
        """
        return 1, 0

    def starts_from(self, request: Request) -> Sequence[Path]:
        """The files that a video begins with, goes on from, or is a copy of; their digests are kept with the video."""
        return [request.image] if request.image else []

    @property
    def takes_text(self) -> bool:
        """Whether it reads the prompt."""
        return True

    @property
    def batch_size(self) -> int:
        """How many requests are sampled together; a group is repeated whole, so that resuming changes no bit."""
        return 1

    @property
    def checkpoints(self) -> Sequence[str]:
        """What it reads, by the names of the checkpoints' cards; empty where it is no published file."""
        return ()

    @property
    def provenance(self) -> dict[str, Any]:
        """What the manifest says of the model beside its name and the settings: checkpoint, revision, precision."""
        return {}

    def use(self, techniques: Sequence[str]) -> None:
        """Sample with these techniques from now on.

        Args:
            techniques: names in :data:`TECHNIQUES`.

        Raises:
            UsageError: it cannot sample with one of them; the message says what can.
        """
        raise UsageError(
            f"{self.name.split('+')[0]} cannot take {', '.join(techniques)}: techniques change how a diffusers "
            "pipeline samples, such as animatediff+freeinit+freeu."
        )

    def change(self, changes: Changes) -> None:
        """Sample otherwise than published from now on.

        Raises:
            UsageError: it cannot be changed so.
        """
        raise UsageError(_CHANGED.format(name=self.name.split("+")[0], changes=changes.described))

    def prepare(self, requests: Sequence[Request]) -> None:
        """Look at everything that is wanted before the first video: what cannot work is refused here.

        Raises:
            UsageError: it cannot be sampled at all.
        """

    def load(self) -> None:
        """Load the weights, once; called before anything is written, and only if a video is to be sampled.

        Raises:
            CheckpointError: a checkpoint is not what it should be.
        """

    def fed(self, prompt: str) -> Sequence[str]:
        """The texts that its encoders are given of a prompt."""
        return [prompt]

    def sample(self, request: Request) -> Clip | Encoded:
        """One video.

        Raises:
            SamplingError: this one cannot be made.
        """
        raise NotImplementedError

    def sample_all(self, requests: Sequence[Request]) -> Iterator[Delivery]:
        """An answer to each request, in any order; a failure is an answer and ends nothing."""
        for request in requests:
            try:
                with listening() as heard:
                    video = self.sample(request)
                yield Delivery(request, video, read=heard.of(*self.fed(request.prompt)))
            except SamplingError as error:
                yield Delivery(request, None, str(error))
            except Exception as error:  # one prompt must never end a run of hours; what happened is recorded
                yield Delivery(request, None, f"{type(error).__name__}: {error}")


class Enhancer(ABC):
    """Makes a better clip of a clip: more frames, more pixels, fewer artefacts.

    Args:
        name: as it was asked for.
        argument: what stood behind the colon in ``name:argument``.

    One that has options takes them as a third argument ``options``, each as ``NAME=VALUE``.
    """

    meaning: ClassVar[str] = ""

    version: ClassVar[int] = 1
    """As :attr:`Generator.version`."""

    def __init__(self, name: str, argument: str) -> None:
        self.name, self.argument = name, argument

    @property
    def checkpoints(self) -> Sequence[str]:
        """What it reads, by the names of the checkpoints' cards."""
        return ()

    @property
    def provenance(self) -> dict[str, Any]:
        """What the manifest says of it."""
        return {}

    def change(self, changes: Changes) -> None:
        """As :meth:`Generator.change`."""
        raise UsageError(_CHANGED.format(name=self.name, changes=changes.described))

    def load(self) -> None:  # noqa: B027 - an enhancer without weights has nothing to load
        """As :meth:`Generator.load`."""

    def prepare(self, generator: Generator[Any], settings: Settings) -> Settings:
        """Look at what it will be given, before the first video is sampled.

        Args:
            generator: whose clips it will work on; its options may say where checkpoints lie.
            settings: of these clips, as far as they are known.

        Returns:
            The settings of the clips that come out.

        Raises:
            UsageError: it cannot work on such clips; the message says what it can work on.
        """
        return settings

    @abstractmethod
    def enhance(self, clip: Clip, request: Request) -> Clip:
        """The better clip.

        Raises:
            SamplingError: it cannot be made.
        """


def made_by(one: Generator[Any] | Enhancer) -> dict[str, Any]:
    """What the manifest says of a model: its provenance, and from the second on the version of what runs it."""
    return {**one.provenance, **({"implementation": one.version} if one.version > 1 else {})}
