"""``open-sora-1.0`` and ``open-sora-1.1``: text to video with the published files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from vbench.errors import UsageError
from vbench.files.digest import digest
from vbench.generators.base import Generator, Request, Settings
from vbench.generators.cleaning import refuse_emptied
from vbench.generators.local_model import PIXELS, LoadOptions, check_files, check_size, check_steps
from vbench.generators.models.open_sora.prompts import fed
from vbench.generators.models.open_sora.weights_files import EARLY, EarlyModel
from vbench.media.clip import Clip
from vbench.weights.cards import checkpoint, locate
from vbench.weights.identity import content

if TYPE_CHECKING:
    from vbench.generators.models.open_sora.early_sampling import EarlySampler

MULTIPLE = 2 * PIXELS
"""Pixels that a token is wide and high: sides are multiples of it where the network is not told their size."""


class EarlyOpenSora(Generator[LoadOptions]):
    """A model of :data:`~.weights_files.EARLY`; its weights are loaded for the first video.

    Raises:
        UsageError: something stands behind a colon.
    """

    version = 2
    options_type = LoadOptions
    meaning = "Open-Sora 1.0, text to video; protocol of its configs/opensora/inference/16x512x512.py, as on the board"
    takes_argument = False

    def __init__(self, name: str, argument: str, options: LoadOptions) -> None:
        super().__init__(name, argument, options)
        self.known = name.split("+")[0].split(":")[0]

    @property
    def model(self) -> EarlyModel:
        """The published one."""
        return EARLY[self.known]

    @override
    def delivers(self, asked: Settings) -> Settings:
        """Sides are cut to whole latents."""
        height, width = ((side or 0) // PIXELS * PIXELS for side in (asked.height, asked.width))
        return replace(asked, height=height, width=width)

    @property
    @override
    def defaults(self) -> Settings:
        return self.model.settings

    @property
    @override
    def checkpoints(self) -> Sequence[str]:
        return self.model.files

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        device, dtype = self.options.placed(self.model.dtype)
        return {
            "checkpoint": checkpoint(self.model.transformer).repository,
            "sha256": digest(locate(self.model.transformer, self.options.checkpoints)),
            "vae": checkpoint(self.model.vae).repository,
            "vae_content": content(self.model.vae, self.options.checkpoints),
            "text": checkpoint(self.model.text).repository,
            "text_content": content(self.model.text, self.options.checkpoints),
            "sampler": "DDPM",
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
            raise UsageError(f"{self.known} takes no image: leave out --images.")
        for settings in {request.settings for request in requests}:
            if not self.model.interval:
                check_size(self.known, settings, MULTIPLE)
            if min(settings.height or 0, settings.width or 0) < MULTIPLE:
                raise UsageError(f"{self.known} samples sides of {MULTIPLE} pixels or more.")
            check_steps(self.known, settings)

    @override
    def fed(self, prompt: str) -> Sequence[str]:
        return [fed(prompt, 0)]

    @override
    def sample(self, request: Request) -> Clip:
        refuse_emptied(request.prompt)
        return self._sampler.sample(request)

    @cached_property
    def _sampler(self) -> EarlySampler:
        from vbench.generators.models.open_sora.early_sampling import EarlySampler

        return EarlySampler(self.model, self.options)


class SecondOpenSora(EarlyOpenSora):
    """Open-Sora 1.1."""

    version = 3
    meaning = "Open-Sora 1.1, text to video; protocol of its configs/opensora-v1-1/inference/sample.py"
    meaning_on_board = "Open-Sora 1.1; size and frames as VBench's sampled_videos/README.md says of VBench's videos"
