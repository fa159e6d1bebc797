"""VEnhancer's networks at a small size, and its three files in the published layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.generators.models.videocrafter.tiny import TEXT, VAE
from vbench.generators.models.ldm.sizes import Plan
from vbench.generators.models.ldm.text import TextTower
from vbench.generators.models.ldm.vae import autoencoder, published_name
from vbench.generators.models.venhancer import padding
from vbench.generators.models.venhancer import weights_files as published
from vbench.generators.models.venhancer.unet import UNet
from vbench.generators.models.venhancer.weights_files import Sizes

SIZES = Sizes(
    Plan(
        width=32,
        multipliers=(1, 2),
        residual_blocks=1,
        attention_levels=1,
        head_width=16,
        text_width=TEXT.width,
        convolved=True,
        extra_rows=1,
    ),
    first_heads=2,
    text=TEXT,
    vae=VAE,
)


def unet(config: dict[str, Any]) -> UNet:
    """The networks of the reference's configuration."""
    plan = Plan(
        channels=config["in_dim"],
        width=config["dim"],
        multipliers=tuple(config["dim_mult"]),
        residual_blocks=config["num_res_blocks"],
        attention_levels=len(config["attn_scales"]),
        head_width=config["head_dim"],
        text_width=config["context_dim"],
        convolved=True,
        extra_rows=1,
    )
    return UNet(plan, config["num_heads"])


def shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the enhancer build small networks and work on small frames."""
    monkeypatch.setattr(published, "PUBLISHED", SIZES)
    monkeypatch.setattr(padding, "HEIGHT", 80)
    monkeypatch.setattr(padding, "WIDTH", 64)


def states() -> dict[str, dict[str, Tensor]]:
    """Random weights under the keys of each published file; two of them hold more than is used."""
    torch.manual_seed(0)
    autoencoding = {
        "first_stage_model." + published_name(key, len(VAE)): value[..., None, None]
        if ".to_" in key and value.ndim == 2
        else value
        for key, value in autoencoder(VAE).state_dict().items()
    }
    return {
        "venhancer_paper.pt": dict(UNet(SIZES.plan, SIZES.first_heads).state_dict()),
        "open_clip_pytorch_model.bin": {**TextTower(TEXT).state_dict(), "visual.proj": torch.zeros(2)},
        "v2-1_512-ema-pruned.ckpt": {**autoencoding, "model.diffusion_model.out.2.bias": torch.zeros(4)},
    }


def save(folder: Path, contents: dict[str, dict[str, Tensor]]) -> None:
    """The files where the enhancer looks for them; only Stable Diffusion's has its tensors under a key."""
    folder = folder / "venhancer"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        torch.save({"state_dict": content} if name.endswith(".ckpt") else content, folder / name)
