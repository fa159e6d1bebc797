"""VEnhancer's networks out of the three files that they are published in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vbench.generators.models.ldm.text import TextTower
from vbench.generators.models.ldm.vae import autoencoder, published_name, with_linear_attention
from vbench.generators.models.ldm.weights_files import Part, load_parts, read_file
from vbench.generators.models.venhancer import weights_files as published
from vbench.generators.models.venhancer.unet import UNet
from vbench.generators.models.venhancer.weights_files import TEXT, UNET, VAE, files


@dataclass(frozen=True)
class Networks:
    """The networks with their weights."""

    unet: UNet
    text: TextTower
    vae: Any


def load(folder: Path, device: torch.device) -> Networks:
    """The networks; on an accelerator the U-Net is in half precision, as published.

    Raises:
        CheckpointError: a file is missing, cannot be read, or has other keys and shapes than the published one.
    """
    sizes = published.PUBLISHED
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
