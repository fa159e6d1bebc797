"""Open-Sora 1.2's transformer: blocks across a frame and along time in turn, each told the timestep and the text.

Zheng et al., "Open-Sora: Democratizing Efficient Video Production for All" (2024), after PixArt (Chen et al., 2023).
Parameter names are those of the published file.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.generators.models.open_sora.layers import (
    PATCH,
    Attention,
    Final,
    Hidden,
    Number,
    Patches,
    Rotation,
    Text,
    TextAttention,
    normed,
    waves,
)


@dataclass(frozen=True)
class Sizes:
    """Of the transformer; the defaults are the published ones.

    Attributes:
        channels: of the latents.
        width: of the tokens.
        depth: blocks of each kind.
        heads: of each attention.
        text_width: of T5's features.
        text_tokens: of the features that stand for no text.
        trained_side: of the square picture whose positions are the transformer's own, in pixels.
    """

    channels: int = 4
    width: int = 1152
    depth: int = 28
    heads: int = 16
    text_width: int = 4096
    text_tokens: int = 300
    trained_side: int = 512


class Transformer(nn.Module):
    """The denoiser; it predicts the velocity from noise to video, and a variance that goes unused."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes, width = sizes, sizes.width
        self.rope = Rotation(width // sizes.heads)
        self.x_embedder = Patches(sizes.channels, width)
        self.t_embedder, self.fps_embedder = Number(width), Number(width)
        self.t_block = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))
        self.y_embedder = Text(sizes.text_tokens, sizes.text_width, width)
        self.spatial_blocks = nn.ModuleList(_Block(width, sizes.heads) for _ in range(sizes.depth))
        self.temporal_blocks = nn.ModuleList(_Block(width, sizes.heads) for _ in range(sizes.depth))
        self.final_layer = Final(width, sizes.channels)

    @property
    def nothing(self) -> Tensor:
        """Features that stand for no text, ``(1, text_tokens, text_width)``."""
        return self.y_embedder.y_embedding[None]

    def forward(self, latents: Tensor, timestep: Tensor, text: Tensor, fps: Tensor, pixels: tuple[int, int]) -> Tensor:
        """Velocity.

        Args:
            latents: ``(1, C, F, H, W)``.
            timestep: ``(1,)``, 0 to 1000; fractions are meant.
            text: ``(1, L, text_width)``, without padding.
            fps: ``(1,)``.
            pixels: height and width of the video, which positions are scaled by.

        Returns:
            A tensor like ``latents``, float32.
        """
        dtype = self.x_embedder.proj.weight.dtype
        _, channels, _, height, width = latents.shape
        padded = F.pad(latents.to(dtype), (0, width % PATCH, 0, height % PATCH))
        rows, columns = padded.shape[3] // PATCH, padded.shape[4] // PATCH
        tokens = self.x_embedder(padded)
        scale = stretch(pixels, self.sizes.trained_side, dtype)
        tokens = tokens + positions(rows, columns, self.sizes.width, scale).to(tokens)
        told = self.t_embedder(timestep, dtype) + self.fps_embedder(fps, dtype)
        changes, words = self.t_block(told), self.y_embedder.y_proj(text.to(dtype))
        for across, along in zip(self.spatial_blocks, self.temporal_blocks, strict=True):
            tokens = across(tokens, words, changes, None)
            tokens = along(tokens.transpose(1, 2), words, changes, self.rope).transpose(1, 2)
        velocity: Tensor = self.final_layer(tokens, told, rows, columns)
        return velocity[:, :channels, :, :height, :width].float()


def stretch(pixels: tuple[int, int], trained_side: int, dtype: torch.dtype) -> float:
    """How many times larger a video is than what the transformer was trained on first.

    The published program has the sides in the networks' precision.

    >>> [round(stretch((480, 854), 512, dtype), 5) for dtype in (torch.float32, torch.bfloat16)]
    [1.25049, 1.25195]

    Args:
        pixels: height and width of the video.
        trained_side: of the square picture whose positions are the transformer's own.
        dtype: of the network.
    """
    height, width = torch.tensor(pixels, dtype=dtype).tolist()
    return float((height * width) ** 0.5 / trained_side)


def positions(rows: int, columns: int, width: int, scale: float) -> Tensor:
    """Sines and cosines of the column and of the row of each token, ``(rows * columns, width)``; columns come first.

    They are stretched, so that a frame of any shape spans as much as a square one with as many tokens.
    """
    square = round((rows * columns) ** 0.5)
    column = waves(torch.arange(columns) / scale * square / columns, width // 2).expand(rows, -1, -1)
    row = waves(torch.arange(rows) / scale * square / rows, width // 2)[:, None].expand(-1, columns, -1)
    return torch.cat([column, row], dim=2).flatten(0, 1)


class _Block(nn.Module):
    """Attention among tokens, attention to the text, and a hidden layer; what the timestep says scales and shifts."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn = Attention(width, heads, is_normed=True)
        self.cross_attn = TextAttention(width, heads)
        self.mlp = Hidden(width, 4 * width, width)
        self.scale_shift_table = nn.Parameter(torch.zeros(6, width))

    def forward(self, tokens: Tensor, words: Tensor, changes: Tensor, rotation: Rotation | None) -> Tensor:
        """``(1, N, L, width)`` -> the same; the ``L`` tokens of each of ``N`` groups attend to each other."""
        six = self.scale_shift_table + changes.reshape(1, 6, -1)
        shift, scale, gate, shift_hidden, scale_hidden, gate_hidden = six[0][:, None, None]
        tokens = tokens + gate * self.attn((normed(tokens) * (1 + scale) + shift)[0], rotation)
        tokens = tokens + self.cross_attn(tokens.flatten(1, 2), words).reshape(tokens.shape)
        added: Tensor = tokens + gate_hidden * self.mlp(normed(tokens) * (1 + scale_hidden) + shift_hidden)
        return added
