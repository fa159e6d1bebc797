"""``t2v-turbo`` and ``t2v-turbo-v2``: text to video in a few steps with the published files, over VideoCrafter2's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from vbench import device as devices
from vbench.errors import UsageError
from vbench.files.digest import digest
from vbench.generators.base import Generator, Request, Settings
from vbench.generators.local_model import check_files, check_size
from vbench.generators.models.t2v_turbo.consistency import timesteps
from vbench.generators.models.t2v_turbo.weights_files import BASE, MODELS
from vbench.generators.models.videocrafter.generator import MULTIPLE
from vbench.generators.options import Options
from vbench.media.clip import Clip
from vbench.weights.cards import checkpoint, locate

if TYPE_CHECKING:
    from vbench.generators.models.t2v_turbo.sampling import Sampler


@dataclass(frozen=True)
class TurboOptions(Options):
    """What can be set.

    Attributes:
        checkpoints: folder of the published files, laid out as the suite's cache; ``""`` for that cache.
        device: auto, cpu, cuda, ...
    """

    checkpoints: str = ""
    device: str = "auto"


class T2VTurbo(Generator[TurboOptions]):
    """A model of :data:`~.weights_files.MODELS`; its weights are loaded for the first video.

    Raises:
        UsageError: something stands behind a colon.
    """

    options_type = TurboOptions
    meaning = "T2V-Turbo, VideoCrafter2 with its LoRA; protocol of app.py at de442b4, as sampled for VBench's board"
    takes_argument = False

    def __init__(self, name: str, argument: str, options: TurboOptions) -> None:
        super().__init__(name, argument, options)
        self.model = MODELS[name.split("+")[0].split(":")[0]]

    @property
    @override
    def defaults(self) -> Settings:
        return self.model.settings

    @property
    @override
    def checkpoints(self) -> Sequence[str]:
        return (self.model.name, BASE)

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        told = {
            "checkpoint": checkpoint(self.model.name).repository,
            "sha256": digest(locate(self.model.name, self.options.checkpoints)),
            "base": checkpoint(BASE).repository,
            "base_sha256": digest(locate(BASE, self.options.checkpoints)),
            "sampler": "consistency",
            "levels": self.model.levels,
            "motion_guidance": self.model.motion_guidance,
            "motion_share": self.model.motion_share or None,
            "guidance_projection": "of the LoRA alone" if self.model.is_lora else None,
            "dtype": "float32",
            "device": devices.choose(self.options.device).type,
        }
        return {name: value for name, value in told.items() if value is not None}

    @override
    def load(self) -> None:
        _ = self._sampler

    @override
    def prepare(self, requests: Sequence[Request]) -> None:
        check_files(self.checkpoints, self.options.checkpoints)
        devices.choose(self.options.device)
        if any(request.image for request in requests):
            raise UsageError(f"{self.model.name} takes no image: leave out --images.")
        for settings in {request.settings for request in requests}:
            check_size(self.model.name, settings, MULTIPLE)
            timesteps(settings.steps or 0, self.model.levels)

    @override
    def sample(self, request: Request) -> Clip:
        return self._sampler.sample(request)

    @cached_property
    def _sampler(self) -> Sampler:
        from vbench.generators.models.t2v_turbo.sampling import Sampler

        return Sampler(self.model, devices.choose(self.options.device), self.options.checkpoints)


class T2VTurboV2(T2VTurbo):
    """The second version, whose network is told of motion guidance."""

    meaning = "T2V-Turbo-v2 with motion guidance, a U-Net of its own; protocol of its repository's predict.py"
