"""Transformers of a video U-Net: one looks across a frame and at the text, the other along time at each position.

Parameter names are those of the published checkpoints. Features are ``(B * F, C, H, W)``, frames in the batch.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.generators.models.ldm.sizes import TEXT_TOKENS
from vbench.generators.techniques.freenoise import windowed_attention


class Attention(nn.Module):
    """Attention with several heads; queries come from the tokens, keys and values from them or from the context.

    Args:
        width: channels of the tokens.
        heads: how many.
        head_width: channels of a head.
        context_width: channels of what is attended to.
        distance: 0, or how many frames apart places may be that have a learned relative key and value of their own.
        sees_picture: whether a picture's tokens stand behind the text's in the context; they are attended to by
            themselves, and what both attentions find is added.
    """

    window: tuple[int, int] | None = None
    """Length and stride of the windows in which a temporal self-attention attends, ``None`` for all frames at once."""

    def __init__(
        self,
        width: int,
        heads: int,
        head_width: int,
        context_width: int,
        distance: int = 0,
        sees_picture: bool = False,
    ) -> None:
        super().__init__()
        self.heads, self.sees_picture = heads, sees_picture
        self.to_q = nn.Linear(width, heads * head_width, bias=False)
        self.to_k = nn.Linear(context_width, heads * head_width, bias=False)
        self.to_v = nn.Linear(context_width, heads * head_width, bias=False)
        self.to_out = nn.Sequential(nn.Linear(heads * head_width, width), nn.Dropout(0.0))
        if sees_picture:
            self.to_k_ip = nn.Linear(context_width, heads * head_width, bias=False)
            self.to_v_ip = nn.Linear(context_width, heads * head_width, bias=False)
        if distance:
            self.relative_position_k = RelativePosition(distance, head_width)
            self.relative_position_v = RelativePosition(distance, head_width)

    def forward(self, tokens: Tensor, context: Tensor | None = None) -> Tensor:
        """``(N, L, width)`` and ``(N, M, context_width)`` -> ``(N, L, width)``."""
        source = tokens if context is None else context
        text = source[:, :TEXT_TOKENS] if self.sees_picture else source
        q, k, v = map(self._by_head, (self.to_q(tokens), self.to_k(text), self.to_v(text)))
        seen = windowed_attention(self._attend, q, k, v, *self.window) if self.window else self._attend(q, k, v)
        if self.sees_picture:
            picture = source[:, TEXT_TOKENS:]
            seen = seen + self._attend(q, self._by_head(self.to_k_ip(picture)), self._by_head(self.to_v_ip(picture)))
        out: Tensor = self.to_out(seen.transpose(1, 2).flatten(2))
        return out

    def _by_head(self, projected: Tensor) -> Tensor:
        return projected.reshape(*projected.shape[:2], self.heads, -1).transpose(1, 2)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if not hasattr(self, "relative_position_k"):
            return F.scaled_dot_product_attention(q, k, v)
        places = k.shape[-2]
        keys, values = self.relative_position_k(places), self.relative_position_v(places)
        scores = q @ k.transpose(-1, -2) + torch.einsum("nhtd,tsd->nhts", q, keys)
        weights = (scores * q.shape[-1] ** -0.5).softmax(-1)
        seen: Tensor = weights @ v + torch.einsum("nhts,tsd->nhtd", weights, values)
        return seen


class RelativePosition(nn.Module):
    """A learned vector for each distance between two frames; those further apart share the outermost."""

    def __init__(self, distance: int, width: int) -> None:
        super().__init__()
        self.distance = distance
        self.embeddings_table = nn.Parameter(torch.zeros(2 * distance + 1, width))

    def forward(self, frames: int) -> Tensor:
        """``(frames, frames, width)``: from the frame of the row to the frame of the column."""
        frame = torch.arange(frames, device=self.embeddings_table.device)
        apart = (frame - frame[:, None]).clamp(-self.distance, self.distance)
        vectors: Tensor = self.embeddings_table[apart + self.distance]
        return vectors


class Gated(nn.Module):
    """A projection to values and their gates, ``value * gelu(gate)``."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.proj = nn.Linear(width, 2 * hidden)

    def forward(self, tokens: Tensor) -> Tensor:
        """``(..., width)`` -> ``(..., hidden)``."""
        value, gate = self.proj(tokens).chunk(2, -1)
        gated: Tensor = value * F.gelu(gate)
        return gated


class FeedForward(nn.Module):
    """A gated hidden layer of four times the width."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.net = nn.Sequential(Gated(width, 4 * width), nn.Dropout(0.0), nn.Linear(4 * width, width))

    def forward(self, tokens: Tensor) -> Tensor:
        """``(..., width)`` -> the same shape."""
        out: Tensor = self.net(tokens)
        return out


class Block(nn.Module):
    """Two attentions and a hidden layer, each normalised before and added after.

    The second attention looks at the context where there is one, else at the tokens again.
    """

    def __init__(
        self,
        heads: int,
        head_width: int,
        context_width: int | None = None,
        distance: int = 0,
        sees_picture: bool = False,
    ) -> None:
        super().__init__()
        width = heads * head_width
        self.attn1 = Attention(width, heads, head_width, width, distance)
        self.ff = FeedForward(width)
        self.attn2 = Attention(width, heads, head_width, context_width or width, distance, sees_picture)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))

    def forward(self, tokens: Tensor, context: Tensor | None = None) -> Tensor:
        """``(N, L, width)`` -> the same shape."""
        tokens = tokens + self.attn1(self.norm1(tokens))
        tokens = tokens + self.attn2(self.norm2(tokens), context)
        added: Tensor = self.ff(self.norm3(tokens))
        return tokens + added


class SpatialTransformer(nn.Module):
    """The positions of a frame look at each other, then at the text and a picture; added to what came in."""

    def __init__(self, width: int, head_width: int, text_width: int, sees_picture: bool = False) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(32, width, eps=1e-6)
        self.proj_in = nn.Linear(width, width)
        self.transformer_blocks = nn.ModuleList(
            [Block(width // head_width, head_width, text_width, sees_picture=sees_picture)]
        )
        self.proj_out = nn.Linear(width, width)

    def forward(self, features: Tensor, text: Tensor) -> Tensor:
        """``(B * F, width, H, W)`` and ``(B * F, L, text_width)`` -> the shape of the features."""
        tokens = self.proj_in(self.norm(features).flatten(2).transpose(1, 2))
        tokens = self.transformer_blocks[0](tokens, text)
        added: Tensor = self.proj_out(tokens).transpose(1, 2).reshape(features.shape)
        return features + added


class TemporalTransformer(nn.Module):
    """The frames look at each other, twice, at each position by itself; added to what came in.

    Args:
        width: channels of the features.
        heads: of each attention.
        head_width: channels of a head.
        convolved: whether projections are convolutions of one frame instead of linear layers, which is the same but
            for the shape of their weights.
        distance: of learned relative positions, 0 for none.
    """

    def __init__(self, width: int, heads: int, head_width: int, convolved: bool, distance: int = 0) -> None:
        super().__init__()
        inner = heads * head_width
        self.norm = nn.GroupNorm(32, width, eps=1e-6)
        self.proj_in = nn.Conv1d(width, inner, 1) if convolved else nn.Linear(width, inner)
        self.transformer_blocks = nn.ModuleList([Block(heads, head_width, distance=distance)])
        self.proj_out = nn.Conv1d(inner, width, 1) if convolved else nn.Linear(inner, width)

    def forward(self, features: Tensor, frames: int) -> Tensor:
        """``(B * F, width, H, W)`` -> the same shape; the norm is over the whole clip."""
        clips = features.reshape(-1, frames, *features.shape[1:])
        b, f, c, h, w = clips.shape
        normed = self.norm(clips.transpose(1, 2))
        tokens = _projected(self.proj_in, normed.permute(0, 3, 4, 2, 1).reshape(b * h * w, f, c))
        tokens = _projected(self.proj_out, self.transformer_blocks[0](tokens))
        return features + tokens.reshape(b, h, w, f, c).permute(0, 3, 4, 1, 2).reshape(b * f, c, h, w)


def _projected(layer: nn.Module, tokens: Tensor) -> Tensor:
    weight: Tensor = layer.weight  # type: ignore[assignment]
    return F.linear(tokens, weight.flatten(1), layer.bias)  # type: ignore[arg-type]
