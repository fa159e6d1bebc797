"""``open-sora-1.2``: text to video with the published files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from vbench.errors import UsageError
from vbench.files.digest import digest
from vbench.generators import grid
from vbench.generators.base import Generator, Request, Settings
from vbench.generators.cleaning import refuse_emptied
from vbench.generators.local_model import PIXELS, LoadOptions, check_files
from vbench.generators.models.open_sora.prompts import fed
from vbench.generators.models.open_sora.weights_files import CHUNK, MODELS
from vbench.media.clip import Clip
from vbench.weights.cards import checkpoint, locate
from vbench.weights.identity import content

if TYPE_CHECKING:
    from vbench.generators.models.open_sora.sampling import Sampler


@dataclass(frozen=True)
class OpenSoraOptions(LoadOptions):
    """How Open-Sora is loaded and run.

    Attributes:
        aesthetic: score that is asked for behind the prompt, 0 for none.
    """

    aesthetic: float = 6.5


class OpenSora(Generator[OpenSoraOptions]):
    """A model of :data:`~.weights_files.MODELS`; its weights are loaded for the first video.

    Raises:
        UsageError: something stands behind a colon.
    """

    version = 2
    options_type = OpenSoraOptions
    meaning = "Open-Sora 1.2, text to video; protocol of its repository's configs/opensora-v1-2/inference/sample.py"
    meaning_on_board = "Open-Sora 1.2; size and frames as VBench's sampled_videos/README.md says of VBench's videos"
    takes_argument = False

    def __init__(self, name: str, argument: str, options: OpenSoraOptions) -> None:
        super().__init__(name, argument, options)
        self.model = MODELS[name.split("+")[0].split(":")[0]]

    @property
    @override
    def defaults(self) -> Settings:
        return self.model.settings

    @override
    def delivers(self, asked: Settings) -> Settings:
        """Sides are cut to whole latents."""
        height, width = ((side or 0) // PIXELS * PIXELS for side in (asked.height, asked.width))
        return replace(asked, height=height, width=width)

    @property
    @override
    def checkpoints(self) -> Sequence[str]:
        return self.model.files

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        device, dtype = self.options.placed(self.model.dtype)
        transformer = locate(self.model.transformer, self.options.checkpoints)
        return {
            "checkpoint": checkpoint(self.model.transformer).repository,
            "sha256": digest(transformer),
            "vae": checkpoint(self.model.vae).repository,
            "vae_sha256": digest(locate(self.model.vae, self.options.checkpoints)),
            "text": checkpoint(self.model.text).repository,
            "text_content": content(self.model.text, self.options.checkpoints),
            "sampler": "rectified flow",
            "aesthetic": self.options.aesthetic,
            "dtype": str(dtype).removeprefix("torch."),
            "device": device.type,
        }

    @override
    def load(self) -> None:
        _ = self._sampler

    @override
    def prepare(self, requests: Sequence[Request]) -> None:
        check_files(self.checkpoints, self.options.checkpoints)
        self.options.placed(self.model.dtype)
        if any(request.image for request in requests):
            raise UsageError("open-sora-1.2 takes no image: leave out --images.")
        axes = {"frames": grid.Axis(CHUNK, CHUNK, reason=f"chunks of {CHUNK}")}
        for settings in {request.settings for request in requests}:
            grid.check("open-sora-1.2", settings, axes)
            if min(settings.height or 0, settings.width or 0) < PIXELS:
                raise UsageError(f"open-sora-1.2 samples sides of {PIXELS} pixels or more.")

    @override
    def fed(self, prompt: str) -> Sequence[str]:
        return [fed(prompt, self.options.aesthetic)]

    @override
    def sample(self, request: Request) -> Clip:
        refuse_emptied(request.prompt)
        return self._sampler.sample(request)

    @cached_property
    def _sampler(self) -> Sampler:
        from vbench.generators.models.open_sora.sampling import Sampler

        return Sampler(self.model, self.options, self.options.aesthetic)
