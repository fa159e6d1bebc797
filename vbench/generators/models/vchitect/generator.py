"""Vchitect-2.0 by name: ``vchitect-2``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from vbench.errors import UsageError
from vbench.generators.base import Generator, Request, SamplingError, Settings
from vbench.generators.local_model import LoadOptions, check_files, check_size
from vbench.generators.models.vchitect import weights_files as published
from vbench.media.clip import Clip
from vbench.weights.cards import locate
from vbench.weights.identity import commit

if TYPE_CHECKING:
    import torch

    from vbench.generators.models.vchitect.model import Model

CHOICES = {"guidance": ("published", "constant"), "offload": ("none", "model")}


@dataclass(frozen=True)
class VchitectOptions(LoadOptions):
    """How Vchitect-2.0 is loaded and run.

    Attributes:
        guidance: published, whose scale jumps from step to step, or constant.
        offload: none; model keeps on the accelerator only the network that computes.
    """

    guidance: str = "published"
    offload: str = "none"

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            UsageError: a word that is not known.
        """
        super().__post_init__()
        for name, words in CHOICES.items():
            if getattr(self, name) not in words:
                raise UsageError(f"The option {name} must be {', '.join(words)}; found {getattr(self, name)!r}.")


class Vchitect(Generator[VchitectOptions]):
    """Vchitect-2.0 2B; its weights are loaded for the first video.

    A request's noise is drawn from a CPU generator with the request's seed.
    """

    options_type = VchitectOptions
    meaning = "Vchitect-2.0 2B, text to 40 frames of 768x432 at 8 fps; protocol of its repository"
    takes_argument = False

    @property
    @override
    def defaults(self) -> Settings:
        return published.PROTOCOL

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        import diffusers
        import torch
        import transformers

        device, dtype = self._placed
        told = {
            "checkpoint": published.CHECKPOINT,
            "revision": commit(self._folder),
            "digest": published.digest(self._folder),
            "guidance": self.options.guidance,
            "dtype": str(dtype).removeprefix("torch."),
            "device": device.type,
            "offload": self.options.offload,
            "diffusers": diffusers.__version__,
            "transformers": transformers.__version__,
            "torch": torch.__version__,
        }
        return {name: value for name, value in told.items() if value}

    @property
    @override
    def checkpoints(self) -> Sequence[str]:
        return (published.CHECKPOINT,)

    @override
    def load(self) -> None:
        _ = self._model

    @override
    def prepare(self, requests: Sequence[Request]) -> None:
        if any(request.image for request in requests):
            raise UsageError("vchitect-2 takes no image: leave out --images.")
        if self.options.offload != "none" and self._placed[0].type == "cpu":
            raise UsageError(
                "The option offload moves networks between an accelerator and the CPU; here is only a CPU."
            )
        for settings in {request.settings for request in requests}:
            check_size("vchitect-2", settings, published.PIXELS)
        check_files([published.CHECKPOINT], self.options.checkpoints)

    @override
    def sample(self, request: Request) -> Clip:
        import torch

        from vbench.generators.frames import as_frames
        from vbench.generators.models.vchitect.sampling import SCALES

        scale, noise = SCALES[self.options.guidance], torch.Generator("cpu").manual_seed(request.seed)
        try:
            video = self._model.sample(request.prompt, request.settings, scale, noise)
        except torch.cuda.OutOfMemoryError as error:
            raise SamplingError(
                "out of memory: try --option offload=model, a smaller --size or fewer --frames"
            ) from error
        return Clip(as_frames(video), request.settings.stated()["fps"])

    @cached_property
    def _folder(self) -> Path:
        return locate(published.CHECKPOINT, self.options.checkpoints)

    @property
    def _placed(self) -> tuple[torch.device, torch.dtype]:
        """Device and precision."""
        return self.options.placed(published.DTYPE)

    @cached_property
    def _model(self) -> Model:
        from vbench.generators.models.vchitect.model import Model

        return Model(self._folder, *self._placed, offload=self.options.offload == "model")
