"""The files that VEnhancer is published in, and the sizes of the networks in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from vbench.errors import MissingCheckpoint
from vbench.generators.models.ldm.sizes import VAE_WIDTHS, Plan, TextSizes

TIMESTEPS = 1000
"""Of training."""

GUIDANCE, RESCALE = 7.5, 0.2
"""Of the protocol: how much more of the text, and how much of the deviation is brought back."""


@dataclass(frozen=True)
class Sizes:
    """Of the networks; the defaults are the published ones.

    Attributes:
        plan: of U-Net and control network.
        first_heads: of the temporal transformer behind the first convolution.
        text: of the text tower.
        vae: channels of the VAE by level.
    """

    plan: Plan = field(default_factory=lambda: Plan(convolved=True, extra_rows=1))
    first_heads: int = 8
    text: TextSizes = field(default_factory=TextSizes)
    vae: tuple[int, ...] = VAE_WIDTHS


PUBLISHED = Sizes()


@dataclass(frozen=True)
class Source:
    """A published file: names that it may have, the first one preferred, and its repository."""

    repository: str
    names: tuple[str, ...]

    def command(self, folder: Path) -> str:
        """What fetches it."""
        return f"hf download {self.repository} {self.names[0]} --local-dir {folder}"

    def within(self, folder: Path) -> Path:
        """The file, or where it should be."""
        places = [folder / name for name in self.names]
        return next((place for place in places if place.is_file()), places[0])


UNET = Source("jwhejwhe/VEnhancer", ("venhancer_paper.pt",))
TEXT = Source("laion/CLIP-ViT-H-14-laion2B-s32B-b79K", ("open_clip_pytorch_model.bin", "open_clip_model.safetensors"))
VAE = Source("stabilityai/stable-diffusion-2-1-base", ("v2-1_512-ema-pruned.safetensors", "v2-1_512-ema-pruned.ckpt"))


def files(folder: Path) -> list[Path]:
    """The three files.

    Raises:
        MissingCheckpoint: one is not there; the message has the commands that get what is missing.
    """
    missing = [source for source in (UNET, TEXT, VAE) if not source.within(folder).is_file()]
    if missing:
        names = ", ".join(source.names[0] for source in missing)
        commands = " && ".join(source.command(folder) for source in missing)
        raise MissingCheckpoint(
            f"{names} of VEnhancer not found in {folder}. Get what is missing with: {commands}  or say where the "
            "files are: +venhancer:checkpoints=FOLDER"
        )
    return [source.within(folder) for source in (UNET, TEXT, VAE)]
