"""Attention as LaVie's U-Nets have it: over the positions of a frame, to the text, and over the frames of a position.

Tokens are ``(N, L, C)``. Attribute names are those of the published checkpoints. In time, the order of the frames is
told in two ways (Wang et al., section 3.1): the first 32 channels of each head's queries and keys are rotated by the
frame's number (Su et al., "RoFormer", 2021), and each head adds a learned number for the distance of two frames
(Raffel et al., "T5", 2020, section 2.1).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.generators.techniques.freenoise import windowed_attention

ROTATED = 32
"""Channels of a head that are rotated."""

BUCKETS = 32
"""Classes of distances between frames, half of them for each direction."""

FARTHEST = 32
"""Frames from which on all distances are in the last class."""

MOST_SEQUENCES = 2**15
"""Sequences in one call: some kernels of fused attention cannot count more than 65535."""


class Attention(nn.Module):
    """Multi-head attention, without bias but for the output.

    Args:
        width: channels ``C``.
        heads: that share them.
        context_width: channels of what is attended to, where it is something else.
    """

    def __init__(self, width: int, heads: int, context_width: int | None = None) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(context_width or width, width, bias=False)
        self.to_v = nn.Linear(context_width or width, width, bias=False)
        self.to_out = nn.ModuleList([nn.Linear(width, width)])

    def forward(self, tokens: Tensor, context: Tensor | None = None) -> Tensor:
        """``(N, L, width)``, attending to ``(N, M, context_width)``, itself by default -> ``(N, L, width)``."""
        queries, keys, values = self.projected(tokens, tokens if context is None else context)
        return self.joined(F.scaled_dot_product_attention(queries, keys, values))

    def projected(self, tokens: Tensor, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries ``(N, heads, L, c)``, keys and values ``(N, heads, M, c)``."""
        projections = self.to_q(tokens), self.to_k(context), self.to_v(context)
        queries, keys, values = (torch.unflatten(one, -1, (self.heads, -1)).transpose(1, 2) for one in projections)
        return queries, keys, values

    def joined(self, attended: Tensor) -> Tensor:
        """``(N, heads, L, c)`` -> ``(N, L, width)``."""
        output: Tensor = self.to_out[0](attended.transpose(1, 2).flatten(2))
        return output


class FirstFrameAttention(Attention):
    """Each frame attends to all positions of the first frame and of the one before it."""

    def over(self, tokens: Tensor, frames: int) -> Tensor:
        """``(B * frames, L, width)`` -> the same."""
        clips = torch.unflatten(tokens, 0, (-1, frames))
        first = clips[:, :1].expand_as(clips)
        previous = torch.cat([clips[:, :1], clips[:, :-1]], dim=1)
        return self.forward(tokens, torch.cat([first, previous], dim=2).flatten(0, 1))


class TemporalAttention(Attention):
    """Attention over frames that does not know their order."""

    def forward(self, tokens: Tensor, context: Tensor | None = None) -> Tensor:
        """``(N, frames, width)`` -> the same."""
        return torch.cat([self._attended(part) for part in torch.split(tokens, MOST_SEQUENCES)])

    def _attended(self, tokens: Tensor) -> Tensor:
        return super().forward(tokens)


class OrderedTemporalAttention(TemporalAttention):
    """Attention over frames that knows their order; FreeNoise gives it windows."""

    window: tuple[int, int] | None = None
    """Frames of a window, and from one to the next; ``None`` for all frames at once."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads)
        self.time_rel_pos_bias = RelativeBias(heads)
        self.rotary_emb = Rotation()

    def _attended(self, tokens: Tensor) -> Tensor:
        projected = self.projected(tokens, tokens)
        if self.window:
            return self.joined(windowed_attention(self._in_order, *projected, *self.window))
        return self.joined(self._in_order(*projected))

    def _in_order(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """``(N, heads, frames, c)``, alike."""
        bias = self.time_rel_pos_bias(queries.shape[-2])
        return F.scaled_dot_product_attention(self.rotary_emb(queries), self.rotary_emb(keys), values, attn_mask=bias)


class Rotation(nn.Module):
    """Turns the pairs ``(2i, 2i + 1)`` of the first channels of frame ``t`` by ``t / 10000^(2i / 32)``."""

    freqs: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("freqs", 10000 ** (-torch.arange(0, ROTATED, 2) / ROTATED))

    def forward(self, vectors: Tensor) -> Tensor:
        """``(..., frames, c)`` with ``c >= 32`` -> the same."""
        angles = torch.arange(vectors.shape[-2], device=vectors.device)[:, None] * self.freqs.float()
        cosine, sine = angles.cos().to(vectors.dtype), angles.sin().to(vectors.dtype)
        even, odd = vectors[..., 0:ROTATED:2], vectors[..., 1:ROTATED:2]
        turned = torch.stack([even * cosine - odd * sine, odd * cosine + even * sine], dim=-1).flatten(-2)
        return torch.cat([turned, vectors[..., ROTATED:]], dim=-1)


class RelativeBias(nn.Module):
    """What each head adds to the scores of two frames at a distance."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.relative_attention_bias = nn.Embedding(BUCKETS, heads)

    def forward(self, frames: int) -> Tensor:
        """``(1, heads, frames, frames)``, queries before keys."""
        places = torch.arange(frames, device=self.relative_attention_bias.weight.device)
        bias: Tensor = self.relative_attention_bias(bucket(places - places[:, None]))
        return bias.permute(2, 0, 1)[None]


def bucket(distance: Tensor) -> Tensor:
    """Class of a distance: near ones have their own, farther ones share them by their logarithm.

    Args:
        distance: key minus query, int64, any shape.

    Returns:
        Like it; 0..15 backwards, 16..31 forwards.

    >>> bucket(torch.tensor([0, -1, -7, -8, -12, -40, 1, 8, 31])).tolist()
    [0, 1, 7, 8, 10, 15, 17, 24, 31]
    """
    one_way = BUCKETS // 2
    exact = one_way // 2
    steps = distance.abs()
    shared = (steps.clamp(min=1) / exact).log() / math.log(FARTHEST / exact) * (one_way - exact)
    far = (exact + shared.long()).clamp(max=one_way - 1)
    return torch.where(distance > 0, one_way, 0) + torch.where(steps < exact, steps, far)
