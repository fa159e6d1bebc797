"""What is published of VideoBooth: files, protocol and precision."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from vbench.errors import MissingCheckpoint
from vbench.generators.base import Settings
from vbench.generators.local_model import Model
from vbench.weights.cards import Published


@dataclass(frozen=True, kw_only=True)
class WithPicture(Model):
    """A network with what it needs to see a picture; the companion is CLIP.

    Attributes:
        mapper: from what CLIP sees to words, and the projections of the network that were trained with it.
        vae: from pixels to latents and back.
    """

    mapper: Published
    vae: Published

    @override
    def check(self, folder: Path) -> None:
        files = (self.weights, self.mapper, self.companion, self.vae)
        missing = [one for one in files if not (folder / one.name).exists()]
        if missing:
            names = " and no ".join(one.name for one in missing)
            commands = "".join(f"\n  {one.command(folder)}" for one in missing)
            raise MissingCheckpoint(
                f"{folder} has no {names}. Get what is missing with:{commands}\nor name the folder that has it with "
                "--option checkpoints=FOLDER."
            )


VIDEOBOOTH = WithPicture(
    weights=Published("watermark_remove_module.pt", "yumingj/VideoBooth_models"),
    mapper=Published("mapper.pt", "yumingj/VideoBooth_models"),
    companion=Published("clip-vit-large-patch14", "openai/clip-vit-large-patch14", "*.[jst]*"),
    vae=Published("sd-vae-ft-ema", "stabilityai/sd-vae-ft-ema", "*"),
    protocol=Settings(frames=16, height=256, width=256, fps=8, steps=250, guidance=4.0, negative_prompt="None"),
    dtype="float32",
)
"""CLIP's pattern takes .json, .safetensors and .txt and leaves the same weights for other libraries."""
