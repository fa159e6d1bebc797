"""What our own generators share: where their files lie, device and precision, noise, sizes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vbench import device as devices
from vbench.errors import MissingCheckpoint, UsageError
from vbench.files.digest import digest
from vbench.generators import grid
from vbench.generators.base import Request, Settings
from vbench.generators.options import Options
from vbench.weights.cards import checkpoint, locate
from vbench.weights.identity import content

if TYPE_CHECKING:
    import torch


DTYPES = ("auto", "float32", "float16", "bfloat16")


@dataclass(frozen=True)
class LoadOptions(Options):
    """Where the checkpoints lie and how they are loaded.

    Attributes:
        checkpoints: folder of the published files, laid out as the suite's cache; ``""`` for that cache.
        device: auto, cpu, cuda, ...
        dtype: auto, float32, float16 or bfloat16; auto is float32 on the CPU and the published precision elsewhere.
    """

    checkpoints: str = ""
    device: str = "auto"
    dtype: str = "auto"

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            UsageError: a word that is not known.
        """
        if self.dtype not in DTYPES:
            raise UsageError(f"The option dtype must be {', '.join(DTYPES)}; found {self.dtype!r}.")

    def placed(self, published: str) -> tuple[torch.device, torch.dtype]:
        """Device and precision.

        Args:
            published: precision that a model is published to be run in.

        Raises:
            UsageError: there is no such device here.
        """
        import torch

        device = devices.choose(self.device)
        own = "float32" if device.type == "cpu" else published
        return device, getattr(torch, own if self.dtype == "auto" else self.dtype)


@dataclass(frozen=True)
class Model:
    """A network with what it needs of other models.

    Attributes:
        weights: of the network, by the name of the checkpoint's card.
        companion: text encoder, tokenizer and VAE, alike.
        protocol: the published way of sampling.
        dtype: that it is published to be run in.
        more: further checkpoints.
    """

    weights: str
    companion: str
    protocol: Settings
    dtype: str = "float16"
    more: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """All of its checkpoints, by the names of their cards."""
        return (self.weights, self.companion, *self.more)


def check_files(names: Iterable[str], checkpoints: str) -> None:
    """Look for checkpoints.

    Args:
        names: of their cards.
        checkpoints: a folder that stands for the cache.

    Raises:
        MissingCheckpoint: some are not there; the message has the commands that get them.
    """
    reasons = []
    for name in names:
        try:
            locate(name, checkpoints)
        except MissingCheckpoint as error:
            reasons.append(str(error))
    if reasons:
        raise MissingCheckpoint("\n".join([*reasons, "Or name the folder that has them: checkpoints=FOLDER"]))


PIXELS = 8
"""Pixels that a latent is wide and high."""


def noise(request: Request) -> Any:
    """The generator that all of a request's noise is drawn from."""
    import torch

    return torch.Generator("cpu").manual_seed(request.seed)


def check_size(name: str, settings: Settings, multiple: int = PIXELS) -> None:
    """Refuse sides that latents cannot have.

    Raises:
        UsageError: a side is no such multiple; the message has the two nearest that are.
    """
    grid.check(name, settings, grid.multiples(multiple))


MOST_STEPS = 1000
"""Timesteps of training, of which no more can be sampled than there are."""


def check_steps(name: str, settings: Settings, least: int = 2, most: int = MOST_STEPS) -> None:
    """Refuse numbers of steps that the noise schedule cannot be gone through in.

    Raises:
        UsageError: there are fewer or more of them.
    """
    steps = settings.stated()["steps"]
    if not least <= steps <= most:
        raise UsageError(
            f"{name} goes from the last timestep of training to the first: ask for at least --steps {least} and at "
            f"most --steps {most}, not {steps}."
        )


def loaded(model: Model, options: LoadOptions) -> dict[str, Any]:
    """What a manifest says of a model: its files, and what ran it."""
    import diffusers
    import torch
    import transformers

    device, dtype = options.placed(model.dtype)
    weights = locate(model.weights, options.checkpoints)
    return {
        "checkpoint": weights.name,
        "sha256": digest(weights),
        "companion": checkpoint(model.companion).repository,
        "companion_content": content(model.companion, options.checkpoints),
        "dtype": str(dtype).removeprefix("torch."),
        "device": device.type,
        "diffusers": diffusers.__version__,
        "transformers": transformers.__version__,
        "torch": torch.__version__,
    }
