"""VEnhancer's networks out of the three files that it is published in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from vbench.errors import MissingCheckpoint
from vbench.generators.ldm.plan import Plan
from vbench.generators.ldm.published import Part, load_parts, read_file
from vbench.generators.ldm.text import TextSizes, TextTower
from vbench.generators.ldm.vae import WIDTHS, autoencoder, published_name, with_linear_attention
from vbench.generators.venhancer.unet import FIRST_HEADS, PLAN, UNet


@dataclass(frozen=True)
class Sizes:
    """Of the networks; the defaults are the published ones."""

    plan: Plan = PLAN
    first_heads: int = FIRST_HEADS
    text: TextSizes = field(default_factory=TextSizes)
    vae: tuple[int, ...] = WIDTHS


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


@dataclass(frozen=True)
class Networks:
    """The networks with their weights."""

    unet: UNet
    text: TextTower
    vae: Any


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


def load(folder: Path, device: torch.device) -> Networks:
    """The networks; on an accelerator the U-Net is in half precision, as published.

    Raises:
        CheckpointError: a file is missing, cannot be read, or has other keys and shapes than the published one.
    """
    sizes = PUBLISHED
    with torch.device("meta"):
        networks = Networks(UNet(sizes.plan, sizes.first_heads), TextTower(sizes.text), autoencoder(sizes.vae))
    unet, text, vae = files(folder)
    load_parts(unet, read_file(unet, UNET.command(folder)), [Part(networks.unet)], UNET.command(folder))
    tower = {
        key: value for key, value in read_file(text, TEXT.command(folder)).items() if not key.startswith("visual.")
    }
    load_parts(text, tower, [Part(networks.text)], TEXT.command(folder))
    autoencoding = with_linear_attention(
        {
            key: value
            for key, value in read_file(vae, VAE.command(folder)).items()
            if key.startswith("first_stage_model.")
        }
    )
    part = Part(networks.vae, "first_stage_model.", lambda key: published_name(key, len(sizes.vae)))
    load_parts(vae, autoencoding, [part], VAE.command(folder))
    unet_dtype = torch.float32 if device.type == "cpu" else torch.float16
    return Networks(networks.unet.to(device, unet_dtype), networks.text.to(device), networks.vae.to(device))
