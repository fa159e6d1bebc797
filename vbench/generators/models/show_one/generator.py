"""``show-1``: text to video by Show-1's cascade with the published checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from vbench.errors import UsageError
from vbench.files.digest import digest
from vbench.generators import grid
from vbench.generators.base import Generator, Request, Settings
from vbench.generators.local_model import MOST_STEPS, LoadOptions, check_files
from vbench.generators.models.show_one.cascade import CASCADE, Cascade, Stage
from vbench.media.clip import Clip
from vbench.weights.cards import checkpoint, locate
from vbench.weights.identity import of_files

if TYPE_CHECKING:
    from vbench.generators.models.show_one.sampling import ShowOne

BESIDE = {"keys": ("text_encoder",), "last": ("text_encoder", "vae")}
"""Networks of a stage beside its U-Net."""


@dataclass(frozen=True)
class ShowOneOptions(LoadOptions):
    """How Show-1 is loaded and run.

    Attributes:
        keys_steps: of denoising, for key frames.
        between_steps: alike, for the frames between them.
        first_steps: alike, for the first frame made larger.
        larger_steps: alike, for the other frames made larger.
        last_steps: alike, for the last enlargement.
    """

    keys_steps: int = 75
    between_steps: int = 75
    first_steps: int = 70
    larger_steps: int = 125
    last_steps: int = 50

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            UsageError: a word that is not known, or no steps.
        """
        super().__post_init__()
        for name, steps in self.steps.items():
            if not 2 <= steps <= MOST_STEPS:
                raise UsageError(f"The option {name}_steps must be 2 to {MOST_STEPS}, found {steps}.")

    @property
    def steps(self) -> dict[str, int]:
        """By the name of the stage."""
        return {name: getattr(self, f"{name}_steps") for name in ("keys", "between", "first", "larger", "last")}


class ShowOneGenerator(Generator[ShowOneOptions]):
    """Show-1; its weights are loaded for the first video.

    Raises:
        UsageError: something stands behind a colon.
    """

    version = 2
    options_type = ShowOneOptions
    meaning = "Show-1, a cascade in pixels and latents; protocol of its repository's run_inference.py"
    takes_argument = False

    @property
    @override
    def defaults(self) -> Settings:
        return self.cascade.settings

    @property
    def cascade(self) -> Cascade:
        """The stages with the steps that are asked for."""
        published = CASCADE["show-1"]
        steps = self.options.steps
        changed = {f"{name}_stage": replace(one, steps=steps[name]) for name, one in published.stages.items()}
        return replace(published, **changed)  # type: ignore[arg-type]

    @property
    @override
    def checkpoints(self) -> Sequence[str]:
        return self.cascade.files

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        import diffusers
        import torch
        import transformers

        device, dtype = self.options.placed(self.cascade.dtype)
        stages = {name: self._told_of(name, stage) for name, stage in self.cascade.stages.items()}
        return {
            "stages": stages,
            "strength": self.cascade.strength,
            "dtype": str(dtype).removeprefix("torch."),
            "device": device.type,
            "diffusers": diffusers.__version__,
            "transformers": transformers.__version__,
            "torch": torch.__version__,
        }

    def _told_of(self, name: str, stage: Stage) -> dict[str, Any]:
        """A stage, and what tells its networks from others."""
        from vbench.generators.models.show_one.loading import weights_file, weights_files

        folder = locate(stage.weights, self.options.checkpoints)
        told = {
            **asdict(stage),
            "weights": checkpoint(stage.weights).address,
            "sha256": digest(weights_file(folder / "unet")),
        }
        beside = [file for part in BESIDE.get(name, ()) for file in weights_files(folder / part)]
        return {**told, "beside": of_files(folder, beside)} if beside else told

    @override
    def load(self) -> None:
        _ = self._model

    @override
    def prepare(self, requests: Sequence[Request]) -> None:
        check_files(self.checkpoints, self.options.checkpoints)
        self.options.placed(self.cascade.dtype)
        if any(request.image for request in requests):
            raise UsageError("show-1 takes no image: leave out --images.")
        for settings in {request.settings for request in requests}:
            self._check(settings)

    @override
    def sample(self, request: Request) -> Clip:
        return self._model.sample(request)

    def _check(self, settings: Settings) -> None:
        published = self.cascade.settings
        if (settings.width, settings.height) != (published.width, published.height):
            raise UsageError(
                f"show-1 samples {published.width}x{published.height}, the size of its last stage; "
                f"{settings.width}x{settings.height} is asked for."
            )
        reason = f"key frames {self.cascade.gap} apart, in windows of {self.cascade.window}"
        step = self.cascade.gap * (self.cascade.window - 1)
        grid.check("show-1", settings, {"frames": grid.Axis(step, step + 1, reason=reason)})

    @cached_property
    def _model(self) -> ShowOne:
        from vbench.generators.models.show_one.sampling import ShowOne

        return ShowOne(self.cascade, self.options)
