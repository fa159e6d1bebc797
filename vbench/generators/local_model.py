"""What our own generators share: where their files lie, device and precision, noise, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench import device as devices
from vbench.errors import MissingCheckpoint, UsageError
from vbench.files.digest import digest
from vbench.generators.base import Request, Settings
from vbench.generators.options import Options
from vbench.weights.cards import Published, cache_dir

if TYPE_CHECKING:
    import torch


DTYPES = ("auto", "float32", "float16", "bfloat16")


@dataclass(frozen=True)
class LoadOptions(Options):
    """Where the checkpoints lie and how they are loaded.

    Attributes:
        checkpoints: folder of the published files; ``""`` for the suite's cache folder.
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

    @property
    def folder(self) -> Path:
        """Where the checkpoints lie."""
        return Path(self.checkpoints).expanduser() if self.checkpoints else cache_dir()

    def placed(self, model: Model) -> tuple[torch.device, torch.dtype]:
        """Device and precision of a model.

        Raises:
            UsageError: there is no such device here.
        """
        import torch

        device = devices.choose(self.device)
        published = "float32" if device.type == "cpu" else model.dtype
        return device, getattr(torch, published if self.dtype == "auto" else self.dtype)


@dataclass(frozen=True)
class Model:
    """A network with what it needs of Stable Diffusion.

    Attributes:
        weights: of the network.
        companion: text encoder, tokenizer and VAE.
        protocol: the published way of sampling.
        dtype: that it is published to be run in.
    """

    weights: Published
    companion: Published
    protocol: Settings
    dtype: str = "float16"

    def check(self, folder: Path) -> None:
        """Look for its files.

        Raises:
            MissingCheckpoint: some are not there; the message has the commands that get them.
        """
        missing = [one for one in (self.weights, self.companion) if not (folder / one.name).exists()]
        if missing:
            names = " and no ".join(one.name for one in missing)
            commands = "".join(f"\n  {one.command(folder)}" for one in missing)
            raise MissingCheckpoint(
                f"{folder} has no {names}. Get what is missing with:{commands}\nor name the folder that has it with "
                "--option checkpoints=FOLDER."
            )


PIXELS = 8
"""Pixels that a latent is wide and high."""


def noise(request: Request) -> Any:
    """The generator that all of a request's noise is drawn from."""
    import torch

    return torch.Generator("cpu").manual_seed(request.seed)


def check_size(name: str, settings: Settings) -> None:
    """Refuse sides that latents cannot have.

    Raises:
        UsageError: a side is no multiple of 8.
    """
    for side in ("height", "width"):
        pixels = getattr(settings, side)
        if pixels and pixels % PIXELS:
            raise UsageError(f"{name} works on multiples of {PIXELS} pixels: {side} {pixels} is none.")


def loaded(model: Model, options: LoadOptions) -> dict[str, Any]:
    """What a manifest says of a model: its files, and what ran it."""
    import diffusers
    import torch
    import transformers

    device, dtype = options.placed(model)
    weights = options.folder / model.weights.name
    return {
        "checkpoint": model.weights.name,
        "sha256": digest(weights),
        "companion": model.companion.repository,
        "dtype": str(dtype).removeprefix("torch."),
        "device": device.type,
        "diffusers": diffusers.__version__,
        "transformers": transformers.__version__,
        "torch": torch.__version__,
    }
