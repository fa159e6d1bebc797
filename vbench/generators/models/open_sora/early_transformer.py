"""Open-Sora 1.0's transformer: each block looks across a frame, along time and at the text.

Parameter names are those of the published file.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vbench.generators.models.open_sora.layers import (
    PATCH,
    Attention,
    Final,
    Hidden,
    Number,
    Patches,
    Text,
    TextAttention,
    normed,
    waves,
)

POSITIONS = {"pos_embed", "pos_embed_temporal"}
"""What files may hold of positions; all of it follows from the video's size."""


@dataclass(frozen=True)
class Sizes:
    """Of the transformer; the defaults are the published ones.

    Attributes:
        channels: of the latents.
        width: of the tokens.
        depth: how many blocks.
        heads: of each attention.
        text_width: of T5's features.
        text_tokens: of the features that stand for no text.
    """

    channels: int = 4
    width: int = 1152
    depth: int = 28
    heads: int = 16
    text_width: int = 4096
    text_tokens: int = 120


class EarlyTransformer(nn.Module):
    """The denoiser; it predicts the noise, and where its variance lies between the least and the largest."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes, width = sizes, sizes.width
        self.x_embedder = Patches(sizes.channels, width)
        self.t_embedder = Number(width)
        self.t_block = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))
        self.y_embedder = Text(sizes.text_tokens, sizes.text_width, width)
        self.blocks = nn.ModuleList(_Block(width, sizes.heads) for _ in range(sizes.depth))
        self.final_layer = Final(width, sizes.channels)

    @property
    def nothing(self) -> Tensor:
        """Features that stand for no text, ``(1, text_tokens, text_width)``."""
        return self.y_embedder.y_embedding[None]

    def forward(self, latents: Tensor, timestep: Tensor, text: Tensor) -> Tensor:
        """Noise and variance.

        Args:
            latents: ``(1, C, F, H, W)``, even sides.
            timestep: ``(1,)`` of training.
            text: ``(1, L, text_width)``, without padding.

        Returns:
            ``(1, 2C, F, H, W)`` float32.
        """
        dtype = self.x_embedder.proj.weight.dtype
        rows, columns = latents.shape[3] // PATCH, latents.shape[4] // PATCH
        tokens = self.x_embedder(latents.to(dtype))
        tokens = tokens + positions(rows, columns, self.sizes.width).to(tokens)
        told = self.t_embedder(timestep, dtype)
        changes, words = self.t_block(told), self.y_embedder.y_proj(text.to(dtype))
        times = waves(torch.arange(tokens.shape[1]), self.sizes.width).to(tokens)
        for place, block in enumerate(self.blocks):
            tokens = block(tokens, words, changes, times if place == 0 else None)
        out: Tensor = self.final_layer(tokens, told, rows, columns)
        return out.float()


def positions(rows: int, columns: int, width: int) -> Tensor:
    """Sines and cosines of the column and of the row of each token, ``(rows * columns, width)``; columns come first."""
    column = waves(torch.arange(columns), width // 2).expand(rows, -1, -1)
    row = waves(torch.arange(rows), width // 2)[:, None].expand(-1, columns, -1)
    return torch.cat([column, row], dim=2).flatten(0, 1)


class _Block(nn.Module):
    """Attention across and along, attention to the text, a hidden layer; what the timestep says scales and shifts."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn = Attention(width, heads, is_normed=False)
        self.cross_attn = TextAttention(width, heads)
        self.mlp = Hidden(width, 4 * width, width)
        self.scale_shift_table = nn.Parameter(torch.zeros(6, width))
        self.attn_temp = Attention(width, heads, is_normed=False)

    def forward(self, tokens: Tensor, words: Tensor, changes: Tensor, times: Tensor | None) -> Tensor:
        """``(1, F, S, width)`` -> the same; ``times`` ``(F, width)`` are added before frames see each other."""
        six = self.scale_shift_table + changes.reshape(1, 6, -1)
        shift, scale, gate, shift_hidden, scale_hidden, gate_hidden = six[0][:, None, None]
        tokens = tokens + gate * self.attn((normed(tokens) * (1 + scale) + shift)[0])
        along = tokens[0].transpose(0, 1)
        seen = self.attn_temp(along if times is None else along + times)
        tokens = tokens + gate * seen.transpose(0, 1)
        tokens = tokens + self.cross_attn(tokens.flatten(1, 2), words).reshape(tokens.shape)
        added: Tensor = tokens + gate_hidden * self.mlp(normed(tokens) * (1 + scale_hidden) + shift_hidden)
        return added
