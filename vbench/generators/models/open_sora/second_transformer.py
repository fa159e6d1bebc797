"""Open-Sora 1.1's transformer: that of 1.0, told size, length and rate; queries and keys are turned by their time.

Parameter names are those of the published file.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.generators.models.open_sora.early_transformer import Sizes
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
)
from vbench.generators.models.open_sora.transformer import positions, stretch

TRAINED_SIDE = 512
"""Of the square picture whose positions are the transformer's own, in pixels."""


class SecondTransformer(nn.Module):
    """The denoiser; it predicts the noise, and where its variance lies between the least and the largest."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes, width = sizes, sizes.width
        self.x_embedder = Patches(sizes.channels, width)
        self.t_embedder = Number(width)
        self.t_block = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))
        self.t_block_temp = nn.Sequential(nn.SiLU(), nn.Linear(width, 3 * width))
        self.y_embedder = Text(sizes.text_tokens, sizes.text_width, width)
        self.rope = Rotation(width // sizes.heads)
        self.blocks = nn.ModuleList(_Block(width, sizes.heads) for _ in range(sizes.depth))
        self.final_layer = Final(width, sizes.channels)
        self.csize_embedder, self.ar_embedder = Number(width // 3), Number(width // 3)
        self.fl_embedder, self.fps_embedder = Number(width), Number(width)

    @property
    def nothing(self) -> Tensor:
        """Features that stand for no text, ``(1, text_tokens, text_width)``."""
        return self.y_embedder.y_embedding[None]

    def forward(
        self, latents: Tensor, timestep: Tensor, text: Tensor, pixels: tuple[int, int], frames: int, fps: float
    ) -> Tensor:
        """Noise and variance.

        Args:
            latents: ``(1, C, F, H, W)``.
            timestep: ``(1,)`` of training.
            text: ``(1, L, text_width)``, without padding.
            pixels: height and width of the video.
            frames: of the video.
            fps: frames per second of the video that it is taken from.

        Returns:
            ``(1, 2C, F, H, W)`` float32.
        """
        dtype = self.x_embedder.proj.weight.dtype
        _, _, _, height, width = latents.shape
        padded = F.pad(latents.to(dtype), (0, width % PATCH, 0, height % PATCH))
        rows, columns = padded.shape[3] // PATCH, padded.shape[4] // PATCH
        tokens = self.x_embedder(padded)
        scale = stretch(pixels, TRAINED_SIDE, dtype)
        tokens = tokens + positions(rows, columns, self.sizes.width, scale).to(tokens)

        def number(embedder: nn.Module, *values: float) -> Tensor:
            embedded: Tensor = embedder(torch.tensor(values, device=latents.device), dtype)
            return embedded.reshape(1, -1)

        told = self.t_embedder(timestep, dtype)
        size = torch.cat([number(self.csize_embedder, *pixels), number(self.ar_embedder, pixels[0] / pixels[1])], dim=1)
        length = number(self.fl_embedder, frames) + number(self.fps_embedder, fps)
        changes, changes_along = self.t_block(told + size), self.t_block_temp(told + length)
        words = self.y_embedder.y_proj(text.to(dtype))
        for block in self.blocks:
            tokens = block(tokens, words, changes, changes_along, self.rope)
        out: Tensor = self.final_layer(tokens, told, rows, columns)
        return out[..., :height, :width].float()


class _Block(nn.Module):
    """Attention across and along, attention to the text, a hidden layer; what is told scales and shifts all but one."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn = Attention(width, heads, is_normed=True)
        self.scale_shift_table = nn.Parameter(torch.zeros(6, width))
        self.cross_attn = TextAttention(width, heads)
        self.mlp = Hidden(width, 4 * width, width)
        self.attn_temp = Attention(width, heads, is_normed=True, turned_first=True)
        self.scale_shift_table_temporal = nn.Parameter(torch.zeros(3, width))

    def forward(self, tokens: Tensor, words: Tensor, changes: Tensor, along: Tensor, rotation: Rotation) -> Tensor:
        """``(1, F, S, width)`` -> the same."""
        six = self.scale_shift_table + changes.reshape(1, 6, -1)
        shift, scale, gate, shift_hidden, scale_hidden, gate_hidden = six[0][:, None, None]
        shift_along, scale_along, gate_along = (self.scale_shift_table_temporal + along.reshape(3, -1))[:, None, None]
        tokens = tokens + gate * self.attn((normed(tokens) * (1 + scale) + shift)[0])
        told = (normed(tokens) * (1 + scale_along) + shift_along)[0].transpose(0, 1)
        tokens = tokens + gate_along * self.attn_temp(told, rotation).transpose(0, 1)
        tokens = tokens + self.cross_attn(tokens.flatten(1, 2), words).reshape(tokens.shape)
        added: Tensor = tokens + gate_hidden * self.mlp(normed(tokens) * (1 + scale_hidden) + shift_hidden)
        return added
