"""A checkpoint in the published layout with random networks of a few kilobytes; the same weights every time."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModelWithProjection

from tests.generators import tiny_families, tiny_pipelines
from vbench.generators.models.vchitect.transformer import Sizes, Transformer

SIZES = Sizes(
    sample_size=16,
    patch_size=2,
    in_channels=4,
    num_layers=2,
    attention_head_dim=8,
    num_attention_heads=2,
    joint_attention_dim=tiny_families.TEXT,
    caption_projection_dim=16,
    pooled_projection_dim=16 + 12,
    out_channels=4,
    pos_embed_max_size=24,
)

WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"


def clip(width: int, projection: int) -> Any:
    """A CLIP text tower of two layers."""
    config: CLIPTextConfig = tiny_pipelines.text_encoder().config
    config.update({"hidden_size": width, "intermediate_size": 16, "projection_dim": projection, "num_hidden_layers": 2})
    return CLIPTextModelWithProjection(config).eval()


def parts() -> dict[str, Any]:
    """The checkpoint's networks, tokenizers and scheduler, but not its transformer."""
    torch.manual_seed(0)
    vae: Any = tiny_pipelines.autoencoder()
    vae.register_to_config(scaling_factor=1.5305, shift_factor=0.0609)
    return {
        "tokenizer": tiny_pipelines.tokenizer(),
        "tokenizer_2": tiny_pipelines.tokenizer(),
        "tokenizer_3": tiny_families.tokenizer(),
        "text_encoder": clip(16, 16),
        "text_encoder_2": clip(12, 12),
        "text_encoder_3": tiny_families.t5(),
        "vae": vae,
        "scheduler": FlowMatchEulerDiscreteScheduler(shift=3.0),
    }


def save(folder: Path, shards: int = 1) -> Path:
    """Write the checkpoint.

    Args:
        folder: to make.
        shards: files of the transformer's weights.
    """
    for name, part in parts().items():
        part.save_pretrained(folder / name)
    (folder / "transformer").mkdir()
    config = {"_class_name": "VchitectXLTransformerModel", **asdict(SIZES)}
    (folder / "transformer" / "config.json").write_text(json.dumps(config))
    torch.manual_seed(1)
    state = Transformer(SIZES).state_dict()
    for number in range(shards):
        named = f"-{number + 1:05}-of-{shards:05}" if shards > 1 else ""
        path = (folder / WEIGHTS).with_suffix("").as_posix() + f"{named}.safetensors"
        save_file({key: state[key].contiguous() for key in list(state)[number::shards]}, path)
    return folder


def changed(folder: Path, part: str, change: Any) -> None:
    """Write other weights for a part: ``change`` is given its state dict, to be changed in place."""
    path = next((folder / part).glob("*.safetensors"))
    state = load_file(path)
    change(state)
    save_file(state, path, metadata={"format": "pt"})
