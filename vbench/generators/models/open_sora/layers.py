"""Layers of Open-Sora's transformers, which are PixArt's (Chen et al., 2023) with time in them.

Parameter names are those of the published files.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.generators.models.ldm.blocks import sinusoidal

SINUSOIDS = 256
"""Numbers that a timestep or a rate becomes before it is embedded."""

PATCH = 2
"""Latents that a token is high and wide."""


class Attention(nn.Module):
    """Attention among tokens.

    Args:
        width: of the tokens.
        heads: how many.
        is_normed: whether queries and keys are.
        turned_first: whether they are turned before they are, and not after.
    """

    def __init__(self, width: int, heads: int, is_normed: bool, turned_first: bool = False) -> None:
        super().__init__()
        self.heads, self.turned_first = heads, turned_first
        self.qkv = nn.Linear(width, 3 * width)
        self.q_norm, self.k_norm = (
            nn.RMSNorm(width // heads, eps=1e-6) if is_normed else nn.Identity() for _ in range(2)
        )
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor, rotation: Rotation | None = None) -> Tensor:
        """``(N, L, width)`` -> the same."""
        q, k, v = self.qkv(tokens).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        if rotation is not None and self.turned_first:
            q, k = rotation(q), rotation(k)
        q, k = self.q_norm(q), self.k_norm(k)
        if rotation is not None and not self.turned_first:
            q, k = rotation(q), rotation(k)
        out: Tensor = self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return out


class TextAttention(nn.Module):
    """Attention of tokens to the text's."""

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


class Rotation(nn.Module):
    """Pairs of channels are turned by the place of their token (Su et al., 2021)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.freqs = nn.Parameter(10000 ** (-torch.arange(0, width, 2) / width))

    def forward(self, heads: Tensor) -> Tensor:
        """``(N, heads, L, C)`` -> the same."""
        places = torch.arange(heads.shape[2], device=heads.device)
        angles = (places[:, None] * self.freqs.float()).repeat_interleave(2, dim=1)
        first, second = heads.float().reshape(*heads.shape[:3], -1, 2).unbind(4)
        turned = torch.stack([-second, first], dim=4).flatten(3)
        return (heads * angles.cos() + turned * angles.sin()).to(heads)


class Patches(nn.Module):
    """Latents to tokens, :data:`PATCH` by :data:`PATCH`."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv3d(channels, width, (1, PATCH, PATCH), stride=(1, PATCH, PATCH))

    def forward(self, latents: Tensor) -> Tensor:
        """``(1, C, F, H, W)`` -> ``(1, F, H W / 4, width)``."""
        tokens: Tensor = self.proj(latents).flatten(3).permute(0, 2, 3, 1)
        return tokens


class Number(nn.Module):
    """A timestep or a rate, embedded."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(SINUSOIDS, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, numbers: Tensor, dtype: torch.dtype) -> Tensor:
        """``(N,)`` -> ``(N, width)``."""
        embedded: Tensor = self.mlp(sinusoidal(numbers.to(dtype), SINUSOIDS).to(dtype))
        return embedded


class Text(nn.Module):
    """The text's features to tokens, and those that stand for no text.

    Args:
        tokens: of the features that stand for no text.
        features: channels of the text's.
        width: channels of the tokens.
    """

    def __init__(self, tokens: int, features: int, width: int) -> None:
        super().__init__()
        self.y_embedding: Tensor
        self.register_buffer("y_embedding", torch.zeros(tokens, features))
        self.y_proj = Hidden(features, width, width)


class Hidden(nn.Module):
    """A hidden layer."""

    def __init__(self, width: int, hidden: int, out: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, out)

    def forward(self, tokens: Tensor) -> Tensor:
        """``(..., width)`` -> ``(..., out)``."""
        out: Tensor = self.fc2(F.gelu(self.fc1(tokens), approximate="tanh"))
        return out


class Final(nn.Module):
    """Tokens to what is predicted of the latents, twice as many channels."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, PATCH**2 * 2 * channels)
        self.scale_shift_table = nn.Parameter(torch.zeros(2, width))

    def forward(self, tokens: Tensor, told: Tensor, rows: int, columns: int) -> Tensor:
        """``(1, F, rows * columns, width)`` -> ``(1, 2C, F, H, W)``."""
        shift, scale = (self.scale_shift_table + told)[:, None, None]
        out = self.linear(normed(tokens) * (1 + scale) + shift)
        pixels: Tensor = out.unflatten(2, (rows, columns)).unflatten(4, (PATCH, PATCH, -1))
        return pixels.permute(0, 6, 1, 2, 4, 3, 5).flatten(5, 6).flatten(3, 4)


def normed(tokens: Tensor) -> Tensor:
    """The same with mean 0 and deviation 1."""
    return F.layer_norm(tokens, tokens.shape[-1:], eps=1e-6)


def waves(places: Tensor, width: int) -> Tensor:
    """Sines, then cosines, of places at falling frequencies, ``(len(places), width)``."""
    angles = places[:, None] * 10000 ** (-torch.arange(0, width, 2) / width)
    return torch.cat([angles.sin(), angles.cos()], dim=1)
