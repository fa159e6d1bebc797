"""VideoCrafter's networks at a small size, and checkpoints of them in the published layout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from vbench.generators.models.ldm import clip_text
from vbench.generators.models.ldm.sizes import PictureSizes, Plan, TextSizes
from vbench.generators.models.ldm.text import TextTower
from vbench.generators.models.ldm.vae import autoencoder, published_name
from vbench.generators.models.videocrafter.early_unet import EarlyUNet
from vbench.generators.models.videocrafter.picture import PictureTower, Resampler
from vbench.generators.models.videocrafter.schedule import BUFFERS
from vbench.generators.models.videocrafter.unet import UNet
from vbench.generators.models.videocrafter.weights_files import MODELS, Model

TEXT = TextSizes(width=16, heads=2, layers=2)
VAE = (32, 32, 32, 32)
PICTURE = PictureSizes(width=32, heads=2, layers=1, side=28, tokens=3, resampled=16, resamplings=1)


def plan(config: dict[str, Any]) -> Plan:
    """A U-Net's plan from the reference's configuration."""
    return Plan(
        width=config["model_channels"],
        multipliers=tuple(config["channel_mult"]),
        residual_blocks=config["num_res_blocks"],
        attention_levels=len(config["attention_resolutions"]),
        head_width=config["num_head_channels"],
        text_width=config["context_dim"],
        temporal_convolutions=config["temporal_conv"],
        distance=config["temporal_length"] if config["use_relative_position"] else 0,
    )


def unet(config: dict[str, Any]) -> UNet:
    """The U-Net of the reference's configuration."""
    return UNet(plan(config), knows_fps=config.get("fps_cond", False))


def shrunk(name: str) -> Model:
    """A published model with small networks and everything else as it is."""
    model = MODELS[name]
    sizes: dict[str, Any] = {
        "width": 32,
        "multipliers": (1, 2),
        "residual_blocks": 1,
        "attention_levels": 1,
        "head_width": 16,
    }
    plan = replace(model.plan, **sizes, text_width=TEXT.width)
    return replace(model, plan=plan, text=TEXT, vae=VAE, picture=PICTURE if model.picture else None)


def shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the adapter build small networks."""
    for name in list(MODELS):
        monkeypatch.setitem(MODELS, name, shrunk(name))


def state(model: Model) -> dict[str, Tensor]:
    """Random weights under the keys of a published file, the schedule's buffers included."""
    torch.manual_seed(0)
    networks: dict[str, dict[str, Tensor]] = {
        "first_stage_model.": {
            published_name(key, len(model.vae)): value[..., None, None] if ".to_" in key and value.ndim == 2 else value
            for key, value in autoencoder(model.vae).state_dict().items()
        },
    }
    if model.early:
        text = clip_text.ClipText(model.text).state_dict()
        networks["model.diffusion_model."] = EarlyUNet(model.plan).state_dict()
        networks["cond_stage_model.transformer."] = {
            clip_text.POSITIONS: torch.arange(77)[None],
            **{clip_text.published_name(key): value for key, value in text.items()},
        }
    else:
        networks["model.diffusion_model."] = UNet(model.plan, model.condition_fps is not None).state_dict()
        networks["cond_stage_model.model."] = TextTower(model.text).state_dict()
    if model.picture:
        networks["embedder.model."] = PictureTower(model.picture, model.text).state_dict()
        networks["image_proj_model."] = Resampler(model.picture, model.plan.text_width).state_dict()
    weights = {prefix + key: value for prefix, part in networks.items() for key, value in part.items()}
    return {**dict.fromkeys(BUFFERS, torch.zeros(1000)), **weights}


def save(content: dict[str, Any], folder: Path, name: str) -> Path:
    """A file where the adapter looks for it."""
    path = folder / name / "model.ckpt"
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(content, path)
    return path
