"""VideoCrafter's networks out of the file that they are published in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from vbench.generators.models.ldm.text import TextTower
from vbench.generators.models.ldm.vae import autoencoder, published_name, with_linear_attention
from vbench.generators.models.videocrafter.schedule import BUFFERS
from vbench.generators.models.videocrafter.unet import UNet
from vbench.generators.models.videocrafter.weights_files import Model
from vbench.weights.load import Part, fill, state_dict


@dataclass(frozen=True)
class Networks:
    """The networks of a model, with their weights."""

    unet: UNet
    text: TextTower
    vae: Any


def load(model: Model, device: torch.device, checkpoints: str = "") -> Networks:
    """The networks out of the published file, in float32.

    Args:
        model: which.
        device: to compute on.
        checkpoints: a folder that stands for the cache.

    Raises:
        MissingCheckpoint: the file is not there; the message has the command that gets it.
        CheckpointError: it cannot be read, or its keys and shapes are not the published ones.
    """
    state = with_linear_attention(state_dict(model.name, checkpoints))
    with torch.device("meta"):
        networks = Networks(
            UNet(model.plan, model.condition_fps is not None), TextTower(model.text), autoencoder(model.vae)
        )
    parts = [
        Part(networks.unet, "model.diffusion_model."),
        Part(networks.text, "cond_stage_model.model."),
        Part(networks.vae, "first_stage_model.", lambda key: published_name(key, len(model.vae))),
    ]
    fill(model.name, {key: value for key, value in state.items() if key not in BUFFERS}, parts, checkpoints)
    return Networks(networks.unet.to(device), networks.text.to(device), networks.vae.to(device))
