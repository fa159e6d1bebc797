"""What is published of LaVie: files, protocols and precision; and the options of how they are loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vbench import device as devices
from vbench.errors import MissingCheckpoint, UsageError
from vbench.generators.base import Options, Settings
from vbench.weights.cards import cache_dir

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
class Published:
    """A file, or a folder in diffusers' layout, as its authors publish it.

    Attributes:
        name: in the folder of checkpoints.
        repository: on the Hugging Face hub.
        include: pattern of what is needed of a repository, ``""`` where the name is the one file.
    """

    name: str
    repository: str
    include: str = ""

    def command(self, folder: Path) -> str:
        """What fetches it into a folder of checkpoints."""
        if not self.include:
            return f"hf download {self.repository} {self.name} --local-dir {folder}"
        where = folder / self.name
        return f'hf download {self.repository} --include "{self.include}" --exclude "*.bin" --local-dir {where}'


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


STABLE_DIFFUSION = Published("stable-diffusion-v1-4", "CompVis/stable-diffusion-v1-4", "[tv]*/*")

UPSCALER = Published("stable-diffusion-x4-upscaler", "stabilityai/stable-diffusion-x4-upscaler", "[tvsl]*/*")
"""With its two schedulers."""

BASE = Model(
    Published("lavie_base.pt", "YaohuiW/LaVie"),
    STABLE_DIFFUSION,
    Settings(frames=16, height=320, width=512, fps=8, steps=50, guidance=7.5, negative_prompt=""),
)

INTERPOLATION = Model(
    Published("lavie_interpolation.pt", "YaohuiW/LaVie"),
    STABLE_DIFFUSION,
    Settings(frames=61, fps=24, steps=50, guidance=4.0, negative_prompt="None"),
    dtype="float32",
)

SUPER_RESOLUTION = Model(
    Published("lavie_vsr.pt", "YaohuiW/LaVie"),
    UPSCALER,
    Settings(steps=50, guidance=5.0, negative_prompt="blur, worst quality"),
)

SCHEDULERS = ("ddpm", "ddim", "eulerdiscrete")
"""Of the base model."""

PIXELS = 8
"""Pixels that a latent is wide and high."""

KEYS, EVERY = 16, 4
"""Frames of a clip that is interpolated, and how many of the new ones are there for each."""

MOST_PIXELS = 4 * 320 * 512
"""Of a frame that is interpolated; the cost of attention within frames grows with their square."""

FASTER = 3
"""Times the frames per second after interpolation."""

LARGER = 4
"""Times the height and the width after super-resolution."""
