"""Stable Diffusion's VAE: the network is diffusers', the names are those of latent diffusion's checkpoints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from diffusers import AutoencoderKL
from torch import Tensor

from vbench.generators.models.ldm.sizes import VAE_WIDTHS

SCALE = 0.18215
"""Latents are multiplied by it, so that their deviation is about 1."""

_RENAMED = (
    ("mid_block.attentions.0.group_norm", "mid.attn_1.norm"),
    ("mid_block.attentions.0.to_out.0", "mid.attn_1.proj_out"),
    ("mid_block.attentions.0.to_", "mid.attn_1."),
    ("mid_block.resnets.0", "mid.block_1"),
    ("mid_block.resnets.1", "mid.block_2"),
    ("downsamplers.0", "downsample"),
    ("upsamplers.0", "upsample"),
    ("conv_shortcut", "nin_shortcut"),
    ("conv_norm_out", "norm_out"),
    ("down_blocks", "down"),
    ("resnets", "block"),
)


def autoencoder(widths: tuple[int, ...] = VAE_WIDTHS) -> Any:
    """The network, an ``AutoencoderKL`` with two residual blocks a level."""
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(widths),
        up_block_types=("UpDecoderBlock2D",) * len(widths),
        block_out_channels=widths,
        layers_per_block=2,
        latent_channels=4,
        norm_num_groups=32,
    )


def published_name(key: str, levels: int = len(VAE_WIDTHS)) -> str:
    """Name of a parameter in latent diffusion's checkpoints; there the decoder counts its levels from the finest.

    >>> published_name("decoder.up_blocks.0.resnets.1.conv_shortcut.bias")
    'decoder.up.3.block.1.nin_shortcut.bias'
    """
    for ours, theirs in _RENAMED:
        key = key.replace(ours, theirs)
    return re.sub(r"up_blocks\.(\d+)", lambda found: f"up.{levels - 1 - int(found[1])}", key)


def with_linear_attention(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict whose attention layers, which are published as convolutions of one pixel, are linear."""
    return {
        key: value[:, :, 0, 0] if ".mid.attn_1." in key and value.ndim == 4 and value.shape[2:] == (1, 1) else value
        for key, value in state.items()
    }


def decoded(vae: Any, latents: Tensor, together: int = 1) -> Tensor:
    """Frames of latents, some at a time.

    Args:
        vae: the network.
        latents: ``(F, 4, H, W)`` float, scaled.
        together: frames that are decoded at once.

    Returns:
        ``(F, 3, 8H, 8W)`` float32 in 0..1 on the CPU.
    """
    return torch.cat(list(decoded_parts(vae, latents, together)))


def decoded_parts(vae: Any, latents: Tensor, together: int) -> Iterator[Tensor]:
    """The same, part by part."""
    for part in torch.split(latents, together):
        yield (vae.decode(part / SCALE).sample.float().cpu().clamp(-1, 1) + 1) / 2
