"""VEnhancer's networks out of the three files that they are published in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from vbench.generators.models.ldm.text import TextTower
from vbench.generators.models.ldm.vae import autoencoder, published_name, with_linear_attention
from vbench.generators.models.venhancer import weights_files as published
from vbench.generators.models.venhancer.unet import UNet
from vbench.generators.models.venhancer.weights_files import TEXT, UNET, VAE
from vbench.weights.load import Part, fill, filled, state_dict


@dataclass(frozen=True)
class Networks:
    """The networks with their weights."""

    unet: UNet
    text: TextTower
    vae: Any


def load(device: torch.device, checkpoints: str = "") -> Networks:
    """The networks; on an accelerator the U-Net is in half precision, as published.

    Args:
        device: to compute on.
        checkpoints: a folder that stands for the cache.

    Raises:
        CheckpointError: a file is missing, cannot be read, or has other keys and shapes than the published one.
    """
    sizes = published.PUBLISHED
    with torch.device("meta"):
        networks = Networks(UNet(sizes.plan, sizes.first_heads), TextTower(sizes.text), autoencoder(sizes.vae))
    filled(networks.unet, UNET, checkpoints)
    tower = {key: value for key, value in state_dict(TEXT, checkpoints).items() if not key.startswith("visual.")}
    fill(TEXT, tower, [Part(networks.text)], checkpoints)
    prefix = "first_stage_model."
    whole = state_dict(VAE, checkpoints)
    autoencoding = with_linear_attention({key: value for key, value in whole.items() if key.startswith(prefix)})
    part = Part(networks.vae, prefix, lambda key: published_name(key, len(sizes.vae)))
    fill(VAE, autoencoding, [part], checkpoints)
    unet_dtype = torch.float32 if device.type == "cpu" else torch.float16
    return Networks(networks.unet.to(device, unet_dtype), networks.text.to(device), networks.vae.to(device))
