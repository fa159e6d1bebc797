"""``open-sora-1.0``: text to video with the published file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from vbench.errors import UsageError
from vbench.files.digest import digest
from vbench.generators.base import Generator, Request, Settings
from vbench.generators.local_model import PIXELS, LoadOptions, check_files, check_size
from vbench.generators.models.open_sora.weights_files import EARLY, EarlyModel
from vbench.media.clip import Clip
from vbench.weights.cards import checkpoint, locate

if TYPE_CHECKING:
    from vbench.generators.models.open_sora.early_sampling import EarlySampler

NAME = "open-sora-1.0"

DTYPE = "float16"

MULTIPLE = 2 * PIXELS
"""Pixels that sides are multiples of: a token is two latents wide and high."""


class EarlyOpenSora(Generator[LoadOptions]):
    """Open-Sora 1.0; its weights are loaded for the first video.

    Raises:
        UsageError: something stands behind a colon.
    """

    options_type = LoadOptions
    meaning = "Open-Sora 1.0, text to video; protocol of its configs/opensora/inference/16x512x512.py, as on the board"
    takes_argument = False

    @property
    def model(self) -> EarlyModel:
        """The published one."""
        return EARLY[NAME]

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
        device, dtype = self.options.placed(DTYPE)
        return {
            "checkpoint": checkpoint(self.model.transformer).repository,
            "sha256": digest(locate(self.model.transformer, self.options.checkpoints)),
            "vae": checkpoint(self.model.vae).repository,
            "text": checkpoint(self.model.text).repository,
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
        self.options.placed(DTYPE)
        if any(request.image for request in requests):
            raise UsageError(f"{NAME} takes no image: leave out --images.")
        for settings in {request.settings for request in requests}:
            check_size(NAME, settings, MULTIPLE)
            if settings.steps == 1:
                raise UsageError(f"{NAME} goes from the last timestep to the first: ask for at least --steps 2.")

    @override
    def sample(self, request: Request) -> Clip:
        return self._sampler.sample(request)

    @cached_property
    def _sampler(self) -> EarlySampler:
        from vbench.generators.models.open_sora.early_sampling import EarlySampler

        return EarlySampler(self.model, self.options)
