"""SEINE by name: ``seine``, with ``--images`` and ``--option task=first``, ``transition`` or ``prediction``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from vbench.errors import UsageError
from vbench.generators.base import BOARD, Generator, Request, Settings
from vbench.generators.local_model import LoadOptions, check_files, check_size, check_steps, loaded, noise
from vbench.generators.models.seine.tasks import SCHEDULERS, SEINE, TASKS, TASKS_ON_BOARD
from vbench.generators.pictures import CHOICES, in_proportions, start_from
from vbench.media.clip import Clip
from vbench.media.video import Video

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

    from vbench.generators.models.seine.model import Seine

TECHNIQUES = ("freeu", "freeu-v2")

BASE_MODEL = "SD1.4"
"""Whose factors FreeU takes."""

LAST = "-last"
"""After the name of a picture, in the name of the one that a transition ends with."""


@dataclass(frozen=True)
class SeineOptions(LoadOptions):
    """How SEINE is loaded and run.

    Attributes:
        task: first, from the first frame; transition, from the first and the last one; or prediction, from the first
            few.
        given: frames that are given, at each end of a transition; 0 for 1, and for 3 of a prediction.
        clips: folder of clips that a prediction goes on from, instead of pictures: PROMPT-INDEX.mp4 or PROMPT.mp4,
            whose last frames become the first ones.
        scheduler: ddpm or ddim.
        fit: auto, crop, pad, stretch or refuse; for a picture of other proportions than the video. auto is stretch.
    """

    task: str = "first"
    given: int = 0
    clips: str = ""
    scheduler: str = "ddpm"
    fit: str = "auto"

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            UsageError: a word that is not known.
        """
        super().__post_init__()
        for name, words in (("task", tuple(TASKS)), ("scheduler", SCHEDULERS), ("fit", CHOICES)):
            if getattr(self, name) not in words:
                raise UsageError(f"The option {name} must be {' or '.join(words)}; found {getattr(self, name)!r}.")
        if self.given < 0:
            raise UsageError(f"The option given must be 0 or more, found {self.given}.")
        if self.clips and self.task != "prediction":
            raise UsageError("The option clips is for --option task=prediction.")


class SEINEGenerator(Generator[SeineOptions]):
    """SEINE; its weights are loaded for the first video.

    A transition ends with the picture ``PROMPT-last.png`` beside ``PROMPT.png``; where several are given at an end, the
    next ones are ``PROMPT-2.png``, ... and ``PROMPT-last-2.png``, ... A request's noise is all drawn from one CPU
    generator with the request's seed; the published script seeds once, or not at all.

    Raises:
        UsageError: something stands behind a colon.
    """

    version = 2
    options_type = SeineOptions
    meaning = (
        "SEINE, from an image, from a first and a last one (task=transition), or on from a clip (task=prediction); "
        "protocol of its repository"
    )
    meaning_on_board = "SEINE from an image; size as VBench's vbench2_beta_i2v/README.md says"
    takes_argument = False

    def __init__(self, name: str, argument: str, options: SeineOptions) -> None:
        super().__init__(name, argument, options)
        tasks = TASKS_ON_BOARD if name.split("+")[0].endswith(BOARD) else TASKS
        if options.task not in tasks:
            raise UsageError(f"VBench's board has no SEINE with task={options.task}: take the model seine.")
        self.task = tasks[options.task].given(options.given)
        self.techniques: tuple[str, ...] = ()

    @property
    @override
    def defaults(self) -> Settings:
        return self.task.protocol

    @property
    @override
    def given_frames(self) -> tuple[int, int]:
        return self.task.first, self.task.last

    @override
    def starts_from(self, request: Request) -> Sequence[Path]:
        return [self._clip(request)] if self.options.clips else self._pictures(request)

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        told = {
            **loaded(SEINE, self.options),
            "task": self.options.task,
            "suffix": self.task.suffix,
            "scheduler": self.options.scheduler,
            "fit": self._fit,
        }
        if self.task.first > 1:
            told["given"] = list(self.given_frames)
        return {**told, "techniques": self._told_of_techniques} if self.techniques else told

    @override
    def use(self, techniques: Sequence[str]) -> None:
        for name in techniques:
            if name not in TECHNIQUES:
                raise UsageError(f"seine cannot take {name}; it can take {', '.join(TECHNIQUES)}.")
        if len(techniques) > 1:
            raise UsageError("freeu and freeu-v2 are two versions of one technique: take one of them.")
        self.techniques = tuple(techniques)

    @property
    def _told_of_techniques(self) -> dict[str, Any]:
        from vbench.generators.techniques.freeu import PUBLISHED

        told = {"placement": "width", "base_model": BASE_MODEL, **asdict(PUBLISHED[BASE_MODEL])}
        return {name: {"version": TECHNIQUES.index(name) + 1, **told} for name in self.techniques}

    @property
    @override
    def checkpoints(self) -> Sequence[str]:
        return SEINE.files

    @override
    def load(self) -> None:
        _ = self._model

    @override
    def prepare(self, requests: Sequence[Request]) -> None:
        check_files(SEINE.files, self.options.checkpoints)
        self.options.placed(SEINE.dtype)
        for settings in {request.settings for request in requests}:
            check_size("seine", settings)
            if (settings.frames or 0) <= self.task.first + self.task.last:
                raise UsageError(f"seine has nothing to generate in {settings.frames} frames: ask for more.")
            check_steps("seine", settings)
        for request in requests:
            self._fitted(request)

    @override
    def sample(self, request: Request) -> Clip:
        from vbench.generators.frames import as_frames

        pictures, told = self._fitted(request)
        tensors = [_tensor(picture) for picture in pictures]
        video = self._model.sample(request.prompt, tensors, self.task, request.settings, noise(request))
        return Clip(as_frames(video), request.settings.stated()["fps"], {"images": told})

    def _fitted(self, request: Request) -> tuple[list[Image.Image], list[dict[str, Any]]]:
        """The given frames in the video's proportions, and what was done to each."""
        if self.options.clips:
            return self._ends_of_clip(request)
        fitted = [start_from(path, request.settings, self._fit) for path in self._pictures(request)]
        return [picture for picture, _ in fitted], [told for _, told in fitted]

    def _ends_of_clip(self, request: Request) -> tuple[list[Image.Image], list[dict[str, Any]]]:
        """The last frames of the clip that is gone on from."""
        from PIL import Image

        video = Video(self._clip(request))
        numbers = range(video.frame_count)[-self.task.first :]
        if len(numbers) < self.task.first:
            raise UsageError(f"{video.path} has {video.frame_count} frames, and {self.task.first} are to be given.")
        frames = video.frames(numbers).permute(0, 2, 3, 1).numpy()
        fitted = [in_proportions(Image.fromarray(one), video.path, request.settings, self._fit) for one in frames]
        told = [{**said, "frame": number} for (_, said), number in zip(fitted, numbers, strict=True)]
        return [picture for picture, _ in fitted], told

    def _clip(self, request: Request) -> Path:
        """The clip that is gone on from.

        Raises:
            UsageError: there is none.
        """
        file = Path(request.file)
        names = file.name, f"{file.stem.removesuffix(f'-{request.index}')}{file.suffix}"
        there = [path for name in names if (path := Path(self.options.clips).expanduser() / name).is_file()]
        if not there:
            raise UsageError(f"{self.options.clips} has neither {names[0]} nor {names[1]} to go on from.")
        return there[0]

    @property
    def _fit(self) -> str:
        return "stretch" if self.options.fit == "auto" else self.options.fit  # as its own script does

    def _pictures(self, request: Request) -> list[Path]:
        """The given frames, those of the beginning first.

        Raises:
            UsageError: there is none, or fewer than are given.
        """
        first = request.image
        if first is None:
            raise UsageError("seine starts from an image: give a folder of them with --images.")
        stems = [*_numbered(first.stem, self.task.first), *_numbered(first.stem + LAST, self.task.last)]
        there = {path.stem: path for path in sorted(first.parent.iterdir())} | {first.stem: first}
        for stem in stems:
            if stem not in there:
                reason = "A transition ends with an image too" if LAST in stem else f"{self.task.first} are given"
                raise UsageError(f"{reason}: {stem}{first.suffix} beside {first}.")
        return [there[stem] for stem in stems]

    @cached_property
    def _model(self) -> Seine:
        from vbench.generators.models.seine.model import Seine
        from vbench.generators.techniques.diffusers_hooks import hook_decoder
        from vbench.generators.techniques.freeu import AMPLIFIED, PUBLISHED

        model = Seine(self.options, self.options.scheduler)
        for name in self.techniques:
            hook_decoder(model.network, PUBLISHED[BASE_MODEL], AMPLIFIED[name])
        return model


def _numbered(stem: str, count: int) -> list[str]:
    """``stem``, ``stem-2``, ``stem-3``, ..."""
    return [stem if number == 1 else f"{stem}-{number}" for number in range(1, count + 1)]


def _tensor(picture: Image.Image) -> Tensor:
    """``(3, H, W)`` uint8."""
    import numpy as np
    import torch

    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)
