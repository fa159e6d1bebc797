"""Vchitect-2.0 by name: ``vchitect-2``, or ``vchitect-2:FOLDER`` with the folder of its checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from vbench import device as devices
from vbench.errors import UsageError
from vbench.generators.base import Generator, Request, SamplingError, Settings
from vbench.generators.models.vchitect import weights_files as published
from vbench.generators.options import Options
from vbench.media.clip import Clip

if TYPE_CHECKING:
    import torch

    from vbench.generators.models.vchitect.model import Model

CHOICES = {
    "guidance": ("published", "constant"),
    "dtype": ("auto", "float32", "float16", "bfloat16"),
    "offload": ("none", "model"),
}


@dataclass(frozen=True)
class VchitectOptions(Options):
    """How Vchitect-2.0 is loaded and run.

    Attributes:
        guidance: published, whose scale jumps from step to step, or constant.
        dtype: auto, float32, float16 or bfloat16; auto is float32 on the CPU and bfloat16, as published, elsewhere.
        device: auto, cpu, cuda, ...
        offload: none; model keeps on the accelerator only the network that computes.
        download: whether a missing checkpoint may be fetched from the Hugging Face hub.
    """

    guidance: str = "published"
    dtype: str = "auto"
    device: str = "auto"
    offload: str = "none"
    download: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            UsageError: a word that is not known.
        """
        for name, words in CHOICES.items():
            if getattr(self, name) not in words:
                raise UsageError(f"The option {name} must be {', '.join(words)}; found {getattr(self, name)!r}.")


class Vchitect(Generator[VchitectOptions]):
    """Vchitect-2.0 2B; its weights are loaded for the first video.

    A request's noise is drawn from a CPU generator with the request's seed.
    """

    options_type = VchitectOptions
    meaning = "Vchitect-2.0 2B, text to 40 frames of 768x432 at 8 fps; protocol of its repository"

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
            "checkpoint": self._folder.name if self.argument else published.REPOSITORY,
            "revision": published.commit(self._folder),
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

    @override
    def prepare(self, requests: Sequence[Request]) -> None:
        if any(request.image for request in requests):
            raise UsageError("vchitect-2 takes no image: leave out --images.")
        if self.options.offload != "none" and self._placed[0].type == "cpu":
            raise UsageError(
                "The option offload moves networks between an accelerator and the CPU; here is only a CPU."
            )
        for side in ("height", "width"):
            for pixels in {request.settings.stated()[side] for request in requests}:
                if pixels % published.PIXELS:
                    raise UsageError(
                        f"vchitect-2 samples multiples of {published.PIXELS} pixels: {side} {pixels} is none."
                    )
        published.check(self._folder)

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
        return published.located(self.argument, self.options.download)

    @property
    def _placed(self) -> tuple[torch.device, torch.dtype]:
        """Device and precision."""
        import torch

        device = devices.choose(self.options.device)
        own = "float32" if device.type == "cpu" else published.DTYPE
        return device, getattr(torch, own if self.options.dtype == "auto" else self.options.dtype)

    @cached_property
    def _model(self) -> Model:
        from vbench.generators.models.vchitect.model import Model

        return Model(self._folder, *self._placed, offload=self.options.offload == "model")
