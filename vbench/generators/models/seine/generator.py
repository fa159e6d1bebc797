"""SEINE by name: ``seine``, with ``--images`` and ``--option task=first`` or ``transition``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from vbench.errors import UsageError
from vbench.generators.base import BOARD, Generator, Request, Settings
from vbench.generators.local_model import LoadOptions, check_files, check_size, loaded, noise
from vbench.generators.models.seine.tasks import SCHEDULERS, SEINE, TASKS, TASKS_ON_BOARD
from vbench.generators.pictures import CHOICES, start_from
from vbench.media.clip import Clip

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
        task: first, from the first frame; or transition, from the first and the last one.
        scheduler: ddpm or ddim.
        fit: auto, crop, pad, stretch or refuse; for a picture of other proportions than the video. auto is stretch.
    """

    task: str = "first"
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


class SEINEGenerator(Generator[SeineOptions]):
    """SEINE; its weights are loaded for the first video.

    A transition ends with the picture ``PROMPT-last.png`` beside ``PROMPT.png``. A request's noise is all drawn from
    one CPU generator with the request's seed; the published script seeds once, or not at all.

    Raises:
        UsageError: something stands behind a colon.
    """

    options_type = SeineOptions
    meaning = "SEINE, from an image, or from a first and a last one (task=transition); protocol of its repository"
    meaning_on_board = "SEINE from an image; size as VBench's vbench2_beta_i2v/README.md says"
    takes_argument = False

    def __init__(self, name: str, argument: str, options: SeineOptions) -> None:
        super().__init__(name, argument, options)
        tasks = TASKS_ON_BOARD if name.split("+")[0].endswith(BOARD) else TASKS
        if options.task not in tasks:
            raise UsageError(f"VBench's board has no SEINE with task={options.task}: take the model seine.")
        self.task = tasks[options.task]
        self.techniques: tuple[str, ...] = ()

    @property
    @override
    def defaults(self) -> Settings:
        return self.task.protocol

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        told = {
            **loaded(SEINE, self.options),
            "task": self.options.task,
            "scheduler": self.options.scheduler,
            "fit": self._fit,
        }
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
            if settings.steps == 1:
                raise UsageError("seine goes from the last timestep to the first: ask for at least --steps 2.")
        for request in requests:
            self._fitted(request)

    @override
    def sample(self, request: Request) -> Clip:
        from vbench.generators.frames import as_frames

        pictures, told = self._fitted(request)
        tensors = [_tensor(picture) for picture in pictures]
        video = self._model.sample(request.prompt, tensors, self.task, request.settings, noise(request))
        return Clip(as_frames(video), request.settings.stated()["fps"], {"images": told})

    def _fitted(self, request: Request) -> tuple[list[Image.Image], list[dict[str, str]]]:
        """The given frames in the video's proportions, and what was done to each."""
        fitted = [start_from(path, request.settings, self._fit) for path in self._pictures(request)]
        return [picture for picture, _ in fitted], [told for _, told in fitted]

    @property
    def _fit(self) -> str:
        return "stretch" if self.options.fit == "auto" else self.options.fit  # as its own script does

    def _pictures(self, request: Request) -> list[Path]:
        """The given frames.

        Raises:
            UsageError: there is none.
        """
        first = request.image
        if first is None:
            raise UsageError("seine starts from an image: give a folder of them with --images.")
        if not self.task.last:
            return [first]
        last = next((one for one in sorted(first.parent.iterdir()) if one.stem == first.stem + LAST), None)
        if last is None:
            raise UsageError(f"A transition ends with an image too: {first.stem}{LAST}{first.suffix} beside {first}.")
        return [first, last]

    @cached_property
    def _model(self) -> Seine:
        from vbench.generators.models.seine.model import Seine
        from vbench.generators.techniques.diffusers_hooks import hook_decoder
        from vbench.generators.techniques.freeu import AMPLIFIED, PUBLISHED

        model = Seine(self.options, self.options.scheduler)
        for name in self.techniques:
            hook_decoder(model.network, PUBLISHED[BASE_MODEL], AMPLIFIED[name])
        return model


def _tensor(picture: Image.Image) -> Tensor:
    """``(3, H, W)`` uint8."""
    import numpy as np
    import torch

    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)
