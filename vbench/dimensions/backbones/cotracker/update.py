"""CoTracker's transformer: what should change in all tracks of a window, each seen over time and beside the others.

Points do not look at each other one by one: 64 virtual tracks look at them, at each other, and are looked at. That
keeps the cost linear in the number of points.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTH, HEADS, DEPTH, VIRTUAL = 384, 8, 6, 64


class UpdateTransformer(nn.Module):
    """From a description of every point in every frame to its correction, under the published names.

    Args:
        inputs: channels of the description.
        outputs: channels of the correction.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.virual_tracks = nn.Parameter(torch.zeros(1, VIRTUAL, 1, WIDTH))  # the published file spells it so
        self.input_transform = nn.Linear(inputs, WIDTH)
        self.flow_head = nn.Linear(WIDTH, outputs)
        self.time_blocks = nn.ModuleList(SelfAttention() for _ in range(DEPTH))
        self.space_virtual_blocks = nn.ModuleList(SelfAttention() for _ in range(DEPTH))
        self.space_virtual2point_blocks = nn.ModuleList(CrossAttention() for _ in range(DEPTH))
        self.space_point2virtual_blocks = nn.ModuleList(CrossAttention() for _ in range(DEPTH))

    def forward(self, described: Tensor) -> Tensor:
        """``(points, frames, inputs)`` -> ``(points, frames, outputs)``."""
        points, frames, _ = described.shape
        virtual = self.virual_tracks[0].expand(-1, frames, -1)
        tokens = torch.cat((self.input_transform(described), virtual))
        layers = zip(
            self.time_blocks,
            self.space_virtual2point_blocks,
            self.space_virtual_blocks,
            self.space_point2virtual_blocks,
            strict=True,
        )
        for over_time, gather, exchange, spread in layers:
            real, virtual = over_time(tokens).transpose(0, 1).tensor_split((points,), 1)
            virtual = exchange(gather(virtual, real))
            tokens = torch.cat((spread(real, virtual), virtual), 1).transpose(0, 1)
        corrections: Tensor = self.flow_head(tokens[:points].contiguous())
        return corrections


class SelfAttention(nn.Module):
    """Tokens of a row look at each other, then a perceptron."""

    def __init__(self) -> None:
        super().__init__()
        self.attn = Attention()
        self.mlp = _perceptron()

    def forward(self, tokens: Tensor) -> Tensor:
        """``(N, T, 384)`` -> the same shape."""
        normed = _plain_norm(tokens)
        tokens = tokens + self.attn(normed, normed)
        changed: Tensor = tokens + self.mlp(_plain_norm(tokens))
        return changed


class CrossAttention(nn.Module):
    """Tokens of a row look at those of another, then a perceptron."""

    def __init__(self) -> None:
        super().__init__()
        self.norm_context = nn.LayerNorm(WIDTH)
        self.cross_attn = Attention()
        self.mlp = _perceptron()

    def forward(self, tokens: Tensor, others: Tensor) -> Tensor:
        """``(N, T, 384)`` and ``(N, U, 384)`` -> ``(N, T, 384)``."""
        tokens = tokens + self.cross_attn(_plain_norm(tokens), self.norm_context(others))
        changed: Tensor = tokens + self.mlp(_plain_norm(tokens))
        return changed


class Attention(nn.Module):
    """Attention of eight heads; query and keys come from two places."""

    def __init__(self) -> None:
        super().__init__()
        self.to_q = nn.Linear(WIDTH, WIDTH)
        self.to_kv = nn.Linear(WIDTH, 2 * WIDTH)
        self.to_out = nn.Linear(WIDTH, WIDTH)

    def forward(self, asking: Tensor, asked: Tensor) -> Tensor:
        """``(N, T, 384)`` and ``(N, U, 384)`` -> ``(N, T, 384)``."""
        key, value = map(_by_head, self.to_kv(asked).chunk(2, -1))
        query = _by_head(self.to_q(asking))
        weights = (query @ key.transpose(-2, -1) * (WIDTH // HEADS) ** -0.5).softmax(-1)
        found = weights @ value
        mixed: Tensor = self.to_out(found.transpose(1, 2).flatten(2))
        return mixed


def _by_head(tokens: Tensor) -> Tensor:
    return tokens.view(*tokens.shape[:-1], HEADS, WIDTH // HEADS).transpose(1, 2)


def _plain_norm(tokens: Tensor) -> Tensor:
    return F.layer_norm(tokens, (WIDTH,), eps=1e-6)


def _perceptron() -> nn.Sequential:
    layers = OrderedDict(fc1=nn.Linear(WIDTH, 4 * WIDTH), act=nn.GELU("tanh"), fc2=nn.Linear(4 * WIDTH, WIDTH))
    return nn.Sequential(layers)
