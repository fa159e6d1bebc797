"""VideoCrafter's networks out of the file that they are published in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from vbench.generators.models.ldm import clip_text
from vbench.generators.models.ldm.text import TextTower
from vbench.generators.models.ldm.vae import autoencoder, published_name, with_linear_attention
from vbench.generators.models.videocrafter.early_unet import EarlyUNet
from vbench.generators.models.videocrafter.picture import PictureTower, Resampler
from vbench.generators.models.videocrafter.schedule import BUFFERS
from vbench.generators.models.videocrafter.unet import UNet
from vbench.generators.models.videocrafter.weights_files import Model
from vbench.weights.load import Part, fill, state_dict


@dataclass(frozen=True)
class Networks:
    """The networks of a model, with their weights.

    Attributes:
        unet: the denoiser.
        text: what reads the prompt.
        vae: latents to pixels.
        picture: what sees a picture, and what makes tokens of it; nothing where it starts from text alone.
    """

    unet: UNet | EarlyUNet
    text: TextTower | clip_text.ClipText
    vae: Any
    picture: tuple[PictureTower, Resampler] | tuple[()] = ()

    def to(self, device: torch.device) -> Networks:
        """The same there."""
        picture = tuple(one.to(device) for one in self.picture)
        return Networks(self.unet.to(device), self.text.to(device), self.vae.to(device), picture)  # type: ignore[arg-type]


_PICTURED = ("embedder.model.", "image_proj_model.")


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
        sizes = model.picture
        networks = Networks(
            EarlyUNet(model.plan) if model.early else UNet(model.plan, model.condition_fps is not None),
            clip_text.ClipText(model.text) if model.early else TextTower(model.text),
            autoencoder(model.vae),
            (PictureTower(sizes, model.text), Resampler(sizes, model.plan.text_width)) if sizes else (),
        )
    pictured: tuple[nn.Module, ...] = networks.picture
    parts = [
        Part(networks.unet, "model.diffusion_model."),
        Part(networks.text, "cond_stage_model.transformer.", clip_text.published_name)
        if model.early
        else Part(networks.text, "cond_stage_model.model."),
        Part(networks.vae, "first_stage_model.", lambda key: published_name(key, len(model.vae))),
        *(Part(one, prefix) for one, prefix in zip(pictured, _PICTURED, strict=False)),
    ]
    no_weights = BUFFERS | {f"cond_stage_model.transformer.{clip_text.POSITIONS}"}
    fill(model.name, {key: value for key, value in state.items() if key not in no_weights}, parts, checkpoints)
    return networks.to(device)
