"""OpenAI's transformer where only its first token is read: CLIP's image towers, ViCLIP's video tower.

Parameter names are those of OpenAI's checkpoints. It computes what open_clip's transformer computes, with two
differences that change nothing but the last bits. Attention is scaled-dot-product attention and not the fast path of
PyTorch's ``nn.MultiheadAttention``, which takes longer over many tokens on a CPU. And the last block computes the first
token alone: all tokens are looked at there, but what becomes of the others is never read.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SummaryTransformer(nn.Module):
    """Blocks one after the other, of which the first token comes out.

    Args:
        width: channels of a token.
        depth: number of blocks.
        heads: of each attention.
    """

    def __init__(self, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.resblocks = nn.ModuleList(Block(width, heads) for _ in range(depth))

    def forward(self, tokens: Tensor) -> Tensor:
        """``(N, T, width)`` -> ``(N, 1, width)``."""
        *blocks, last = self.resblocks
        for block in blocks:
            tokens = block(tokens)
        first: Tensor = last(tokens, read=1)
        return first


class Block(nn.Module):
    """Attention, then a hidden layer of four times the width; both normalised before and added after."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            OrderedDict(c_fc=nn.Linear(width, 4 * width), gelu=QuickGELU(), c_proj=nn.Linear(4 * width, width))
        )

    def forward(self, tokens: Tensor, read: int | None = None) -> Tensor:
        """``(N, T, width)`` -> the same shape, or ``(N, read, width)``: what becomes of the first tokens."""
        tokens = tokens[:, :read] + self.attn(self.ln_1(tokens), read)
        mixed: Tensor = tokens + self.mlp(self.ln_2(tokens))
        return mixed


class Attention(nn.Module):
    """Every token looks at every token."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.zeros(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor, read: int | None = None) -> Tensor:
        """``(N, T, width)`` -> the same shape, or ``(N, read, width)``: what the first tokens find."""
        width = tokens.shape[2]
        asked = F.linear(tokens[:, :read], self.in_proj_weight[:width], self.in_proj_bias[:width])
        seen = F.linear(tokens, self.in_proj_weight[width:], self.in_proj_bias[width:])
        query, key, value = (
            part.view(*part.shape[:2], self.heads, -1).transpose(1, 2).contiguous()
            for part in (asked, *seen.chunk(2, dim=2))
        )
        found = F.scaled_dot_product_attention(query, key, value)
        mixed: Tensor = self.out_proj(found.transpose(1, 2).flatten(2))
        return mixed


class QuickGELU(nn.Module):
    """The activation that OpenAI trained CLIP with: ``x * sigmoid(1.702 x)``."""

    def forward(self, values: Tensor) -> Tensor:
        """Any shape -> the same shape."""
        return (1.702 * values).sigmoid_().mul_(values)
