"""Open-Sora 1.2's transformer: blocks across a frame and blocks along time in turn, each told the timestep and the text.

Zheng et al., "Open-Sora: Democratizing Efficient Video Production for All" (2024), after PixArt (Chen et al., 2023).
Parameter names are those of the published file.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.generators.models.ldm.blocks import sinusoidal

SINUSOIDS = 256
"""Numbers that a timestep or a rate becomes before it is embedded."""

PATCH = 2
"""Latents that a token is high and wide."""


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
        self.rope = _Rotation(width // sizes.heads)
        self.x_embedder = _Patches(sizes.channels, width)
        self.t_embedder, self.fps_embedder = _Number(width), _Number(width)
        self.t_block = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))
        self.y_embedder = _Text(sizes)
        self.spatial_blocks = nn.ModuleList(_Block(width, sizes.heads) for _ in range(sizes.depth))
        self.temporal_blocks = nn.ModuleList(_Block(width, sizes.heads) for _ in range(sizes.depth))
        self.final_layer = _Final(width, PATCH**2 * 2 * sizes.channels)

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
        _, channels, frames, height, width = latents.shape
        padded = F.pad(latents.to(dtype), (0, width % PATCH, 0, height % PATCH))
        rows, columns = padded.shape[3] // PATCH, padded.shape[4] // PATCH
        tokens = self.x_embedder.proj(padded).flatten(3).permute(0, 2, 3, 1)  # (1, F, S, width)
        scale = (pixels[0] * pixels[1]) ** 0.5 / self.sizes.trained_side
        tokens = tokens + positions(rows, columns, self.sizes.width, scale).to(tokens)
        told = self.t_embedder(timestep, dtype) + self.fps_embedder(fps, dtype)
        changes, words = self.t_block(told), self.y_embedder.y_proj(text.to(dtype))
        for across, along in zip(self.spatial_blocks, self.temporal_blocks, strict=True):
            tokens = across(tokens, words, changes, None)
            tokens = along(tokens.transpose(1, 2), words, changes, self.rope).transpose(1, 2)
        out = self.final_layer(tokens, told).unflatten(2, (rows, columns)).unflatten(4, (PATCH, PATCH, -1))
        velocity = out.permute(0, 6, 1, 2, 4, 3, 5).flatten(5, 6).flatten(3, 4)
        return velocity[:, :channels, :, :height, :width].float()


def positions(rows: int, columns: int, width: int, scale: float) -> Tensor:
    """Sines and cosines of the column and of the row of each token, ``(rows * columns, width)``; columns come first.

    They are stretched, so that a frame of any shape spans as much as a square one with as many tokens.
    """
    square = round((rows * columns) ** 0.5)
    frequencies = 10000 ** (-torch.arange(0, width // 2, 2) / (width // 2))

    def waves(number: int) -> Tensor:
        angles = (torch.arange(number) / scale * square / number)[:, None] * frequencies
        return torch.cat([angles.sin(), angles.cos()], dim=1)

    column = waves(columns).expand(rows, -1, -1)
    row = waves(rows)[:, None].expand(-1, columns, -1)
    return torch.cat([column, row], dim=2).flatten(0, 1)


class _Block(nn.Module):
    """Attention among tokens, attention to the text, and a hidden layer; what the timestep says scales and shifts."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn = _Attention(width, heads)
        self.cross_attn = _TextAttention(width, heads)
        self.mlp = _Hidden(width, 4 * width, width)
        self.scale_shift_table = nn.Parameter(torch.zeros(6, width))

    def forward(self, tokens: Tensor, words: Tensor, changes: Tensor, rotation: _Rotation | None) -> Tensor:
        """``(1, N, L, width)`` -> the same; the ``L`` tokens of each of ``N`` groups attend to each other."""
        six = self.scale_shift_table + changes.unflatten(1, (6, -1))
        shift, scale, gate, shift_hidden, scale_hidden, gate_hidden = six[0][:, None, None]
        tokens = tokens + gate * self.attn((_normed(tokens) * (1 + scale) + shift)[0], rotation)
        tokens = tokens + self.cross_attn(tokens.flatten(1, 2), words).reshape(tokens.shape)
        hidden: Tensor = self.mlp(_normed(tokens) * (1 + scale_hidden) + shift_hidden)
        return tokens + gate_hidden * hidden


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.q_norm, self.k_norm = (nn.RMSNorm(width // heads, eps=1e-6) for _ in range(2))
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor, rotation: _Rotation | None) -> Tensor:
        """``(N, L, width)`` -> the same."""
        q, k, v = self.qkv(tokens).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        q, k = self.q_norm(q), self.k_norm(k)
        if rotation is not None:
            q, k = rotation(q), rotation(k)
        out: Tensor = self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return out


class _TextAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_linear, self.kv_linear = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor, words: Tensor) -> Tensor:
        """``(1, N, width)`` and ``(1, L, width)`` -> ``(1, N, width)``."""
        q = self.q_linear(tokens).unflatten(2, (self.heads, -1)).transpose(1, 2)
        k, v = self.kv_linear(words).unflatten(2, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        out: Tensor = self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return out


class _Rotation(nn.Module):
    """Pairs of channels are turned by the place of their token (Su et al., 2021)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.freqs = nn.Parameter(10000 ** (-torch.arange(0, width, 2) / width))

    def forward(self, heads: Tensor) -> Tensor:
        """``(N, heads, L, C)`` -> the same."""
        places = torch.arange(heads.shape[2], device=heads.device)
        angles = (places[:, None] * self.freqs.float()).repeat_interleave(2, dim=1)
        first, second = heads.float().unflatten(3, (-1, 2)).unbind(4)
        turned = torch.stack([-second, first], dim=4).flatten(3)
        return (heads * angles.cos() + turned * angles.sin()).to(heads)


class _Patches(nn.Module):
    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv3d(channels, width, (1, PATCH, PATCH), stride=(1, PATCH, PATCH))


class _Number(nn.Module):
    """A timestep or a rate, embedded."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(SINUSOIDS, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, numbers: Tensor, dtype: torch.dtype) -> Tensor:
        """``(N,)`` -> ``(N, width)``."""
        embedded: Tensor = self.mlp(sinusoidal(numbers.to(dtype), SINUSOIDS).to(dtype))
        return embedded


class _Text(nn.Module):
    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.y_embedding: Tensor
        self.register_buffer("y_embedding", torch.zeros(sizes.text_tokens, sizes.text_width))
        self.y_proj = _Hidden(sizes.text_width, sizes.width, sizes.width)


class _Hidden(nn.Module):
    def __init__(self, width: int, hidden: int, out: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, out)

    def forward(self, tokens: Tensor) -> Tensor:
        out: Tensor = self.fc2(F.gelu(self.fc1(tokens), approximate="tanh"))
        return out


class _Final(nn.Module):
    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, out)
        self.scale_shift_table = nn.Parameter(torch.zeros(2, width))

    def forward(self, tokens: Tensor, told: Tensor) -> Tensor:
        """``(1, F, S, width)`` -> ``(1, F, S, out)``."""
        shift, scale = (self.scale_shift_table + told)[:, None, None]
        out: Tensor = self.linear(_normed(tokens) * (1 + scale) + shift)
        return out


def _normed(tokens: Tensor) -> Tensor:
    return F.layer_norm(tokens, tokens.shape[-1:], eps=1e-6)
