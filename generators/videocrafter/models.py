"""The published VideoCrafter models: sizes, protocol and where their files are."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from vbench.generators.base import Settings
from vbench.generators.ldm.plan import Plan
from vbench.generators.ldm.published import Part, load_parts, read_file
from vbench.generators.ldm.text import TextSizes, TextTower
from vbench.generators.ldm.vae import WIDTHS, autoencoder, published_name, with_linear_attention
from vbench.generators.videocrafter.schedule import BUFFERS
from vbench.generators.videocrafter.unet import UNet

FILE = "model.ckpt"


@dataclass(frozen=True)
class Model:
    """A published model.

    Attributes:
        repository: on the Hugging Face hub, with :data:`FILE` in it.
        settings: the published protocol.
        plan: of the U-Net.
        condition_fps: what the U-Net is told of the rate, which is not the rate of the file; ``None`` where it is not.
        last_scale: of the clean latents, see :func:`~vbench.generators.videocrafter.schedule.scales`.
        text: sizes of the text tower.
        vae: channels of the VAE by level.
    """

    repository: str
    settings: Settings
    plan: Plan
    condition_fps: int | None = None
    last_scale: float = 1.0
    text: TextSizes = field(default_factory=TextSizes)
    vae: tuple[int, ...] = WIDTHS


_PROTOCOL = Settings(frames=16, height=320, width=512, fps=10, steps=50, guidance=12.0, negative_prompt="")

MODELS = {
    "videocrafter1": Model(
        "VideoCrafter/Text2Video-512", _PROTOCOL, Plan(temporal_convolutions=False, distance=16)
    ),
    "videocrafter2": Model(
        "VideoCrafter/VideoCrafter2", _PROTOCOL, Plan(temporal_convolutions=True), condition_fps=28, last_scale=0.7
    ),
}  # fmt: skip
"""Model by the generator's name."""


@dataclass(frozen=True)
class Networks:
    """The networks of a model, with their weights."""

    unet: UNet
    text: TextTower
    vae: Any


def download_command(model: Model, file: Path) -> str:
    """What fetches the published file to where it is looked for."""
    return f"hf download {model.repository} {FILE} --local-dir {file.parent}"


def load(model: Model, file: Path, device: torch.device) -> Networks:
    """The networks out of the published file, in float32.

    Raises:
        MissingCheckpoint: the file is not there; the message has the command that gets it.
        CheckpointError: it cannot be read, or its keys and shapes are not the published ones.
    """
    command = download_command(model, file)
    state = with_linear_attention(read_file(file, command))
    with torch.device("meta"):
        networks = Networks(
            UNet(model.plan, model.condition_fps is not None), TextTower(model.text), autoencoder(model.vae)
        )
    parts = [
        Part(networks.unet, "model.diffusion_model."),
        Part(networks.text, "cond_stage_model.model."),
        Part(networks.vae, "first_stage_model.", lambda key: published_name(key, len(model.vae))),
    ]
    load_parts(file, {key: value for key, value in state.items() if key not in BUFFERS}, parts, command)
    return Networks(networks.unet.to(device), networks.text.to(device), networks.vae.to(device))
