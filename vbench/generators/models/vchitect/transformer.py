"""Vchitect-2.0's transformer: Stable Diffusion 3's, with attention over time and to the first frame's text.

Layers that are SD3's come from diffusers; names of parameters are those of the published checkpoint. A video is a
batch of frames here: there is one video at a time, as its text and its timestep hold for all frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers.models.attention import FeedForward
from diffusers.models.embeddings import CombinedTimestepTextProjEmbeddings, PatchEmbed
from diffusers.models.normalization import AdaLayerNormContinuous, AdaLayerNormZero
from torch import Tensor, nn

SPATIAL = 1.1
"""Weight of the attention within a frame."""

THETA = 1e6
"""Of the rotary embedding of frames."""

EPSILON = 1e-6
"""Of the layer norms."""


@dataclass(frozen=True)
class Sizes:
    """What ``transformer/config.json`` says, by its names there.

    Attributes:
        sample_size: side of the latents that the positions are scaled for.
        patch_size: side of a token in latents.
        in_channels: of the latents.
        num_layers: blocks.
        attention_head_dim: channels of a head.
        num_attention_heads: heads of an attention.
        joint_attention_dim: channels of the text's tokens.
        caption_projection_dim: what they are projected to, the width of the blocks.
        pooled_projection_dim: channels of the pooled text.
        out_channels: of the prediction.
        pos_embed_max_size: side of the table of positions in tokens.
    """

    sample_size: int
    patch_size: int
    in_channels: int
    num_layers: int
    attention_head_dim: int
    num_attention_heads: int
    joint_attention_dim: int
    caption_projection_dim: int
    pooled_projection_dim: int
    out_channels: int
    pos_embed_max_size: int

    @property
    def width(self) -> int:
        """Channels of the blocks."""
        return self.num_attention_heads * self.attention_head_dim


class Transformer(nn.Module):
    """Predicts the velocity of a video's latents.

    Args:
        sizes: of the checkpoint.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        width, patch = sizes.width, sizes.patch_size
        self.patch = patch
        self.pos_embed = PatchEmbed(
            height=sizes.sample_size,
            width=sizes.sample_size,
            patch_size=patch,
            in_channels=sizes.in_channels,
            embed_dim=width,
            pos_embed_max_size=sizes.pos_embed_max_size,
        )
        self.time_text_embed = CombinedTimestepTextProjEmbeddings(width, sizes.pooled_projection_dim)
        self.context_embedder = nn.Linear(sizes.joint_attention_dim, sizes.caption_projection_dim)
        self.transformer_blocks = nn.ModuleList(
            Block(width, sizes.num_attention_heads, last=number == sizes.num_layers - 1)
            for number in range(sizes.num_layers)
        )
        self.norm_out = AdaLayerNormContinuous(width, width, elementwise_affine=False, eps=EPSILON)
        self.proj_out = nn.Linear(width, patch * patch * sizes.out_channels)

    def forward(self, latents: Tensor, timestep: Tensor, tokens: Tensor, pooled: Tensor) -> Tensor:
        """The velocity.

        Args:
            latents: ``(T, C, h, w)``, sides multiples of the patch.
            timestep: ``(1,)``, 0 to 1000.
            tokens: ``(1, L, joint_attention_dim)``, of the text.
            pooled: ``(1, pooled_projection_dim)``, of the text.

        Returns:
            ``(T, out_channels, h, w)``.

        Raises:
            ValueError: the latents are larger than the table of positions.
        """
        height, width = (side // self.patch for side in latents.shape[-2:])
        image, text = self.pos_embed(latents), self.context_embedder(tokens)
        condition = self.time_text_embed(timestep, pooled)
        for block in self.transformer_blocks:
            image, text = block(image, text, condition)
        patches: Tensor = self.proj_out(self.norm_out(image, condition))
        grid = patches.reshape(len(patches), height, width, self.patch, self.patch, -1)
        return grid.permute(0, 5, 1, 3, 2, 4).flatten(4, 5).flatten(2, 3)


class Block(nn.Module):
    """Joint attention of image and text, and a feed-forward layer for each; the last block leaves the text as it is.

    Args:
        width: channels.
        heads: of the attention.
        last: whether it is the last one.
    """

    def __init__(self, width: int, heads: int, last: bool) -> None:
        super().__init__()
        self.last = last
        self.norm1 = AdaLayerNormZero(width)
        self.norm1_context = (
            AdaLayerNormContinuous(width, width, elementwise_affine=False, eps=EPSILON)
            if last
            else AdaLayerNormZero(width)
        )
        self.attn = Attention(width, heads, last)
        self.norm2 = nn.LayerNorm(width, elementwise_affine=False, eps=EPSILON)
        self.ff = FeedForward(width, activation_fn="gelu-approximate")
        if not last:
            self.norm2_context = nn.LayerNorm(width, elementwise_affine=False, eps=EPSILON)
            self.ff_context = FeedForward(width, activation_fn="gelu-approximate")

    def forward(self, image: Tensor, text: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Image and text after the block.

        Args:
            image: ``(T, N, C)``.
            text: ``(1, L, C)``, the same for all frames before the first block, then ``(T, L, C)``.
            condition: ``(1, C)``, of the timestep and the pooled text.
        """
        seen, gate, *image_change = self.norm1(image, emb=condition)
        if self.last:
            attended, _ = self.attn(seen, self.norm1_context(text, condition))
            return self._fed(image + gate[:, None] * attended, self.norm2, self.ff, *image_change), text
        read, text_gate, *text_change = self.norm1_context(text, emb=condition)
        attended, attended_text = self.attn(seen, read)
        return (
            self._fed(image + gate[:, None] * attended, self.norm2, self.ff, *image_change),
            self._fed(text + text_gate[:, None] * attended_text, self.norm2_context, self.ff_context, *text_change),
        )

    @staticmethod
    def _fed(states: Tensor, norm: nn.Module, layer: nn.Module, shift: Tensor, scale: Tensor, gate: Tensor) -> Tensor:
        change: Tensor = layer(norm(states) * (1 + scale[:, None]) + shift[:, None])
        return states + gate[:, None] * change


class Attention(nn.Module):
    """Three attentions with the same projections of the text.

    - spatial: within a frame, image and text to image and text;
    - temporal: each position of image and text over the frames, told apart by rotary embeddings;
    - cross: image and text of each frame to the text of the first one.

    Args:
        width: channels.
        heads: of each attention.
        last: whether the text's output is not projected.
    """

    def __init__(self, width: int, heads: int, last: bool) -> None:
        super().__init__()
        self.heads = heads
        self.to_q, self.to_k, self.to_v = (nn.Linear(width, width) for _ in range(3))
        self.to_q_temp, self.to_k_temp, self.to_v_temp = (nn.Linear(width, width) for _ in range(3))
        self.to_q_cross = nn.Linear(width, width)
        self.add_q_proj, self.add_k_proj, self.add_v_proj = (nn.Linear(width, width) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(width, width)])
        self.to_add_out = nn.Identity() if last else nn.Linear(width, width)
        self.to_out_temporal, self.to_add_out_temporal = nn.Linear(width, width), nn.Linear(width, width)
        self.to_out_context = nn.Linear(width, width)

    def forward(self, image: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
        """What image and text get.

        Args:
            image: ``(T, N, C)``.
            text: ``(T, L, C)``, or ``(1, L, C)`` for the same text in all frames.

        Returns:
            ``(T, N, C)`` and ``(T, L, C)``.
        """
        frames, tokens = image.shape[:2]
        query, key, value = (
            layer(text).expand(frames, -1, -1) for layer in (self.add_q_proj, self.add_k_proj, self.add_v_proj)
        )
        spatial = self._attended(
            _joined(self.to_q(image), query), _joined(self.to_k(image), key), _joined(self.to_v(image), value)
        )
        cross = self._attended(
            _joined(self.to_q_cross(image), query), key[:1].expand_as(key), value[:1].expand_as(value)
        )
        mixed = SPATIAL * spatial + self.to_out_context(cross)
        image_out, text_out = self.to_out[0](mixed[:, :tokens]), self.to_add_out(mixed[:, tokens:])
        if frames == 1:
            return image_out, text_out
        temporal = self._over_time(
            _joined(self.to_q_temp(image), query),
            _joined(self.to_k_temp(image), key),
            _joined(self.to_v_temp(image), value),
        )
        return (
            image_out + self.to_out_temporal(temporal[:, :tokens]),
            text_out + self.to_add_out_temporal(temporal[:, tokens:]),
        )

    def _attended(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Attention along the second axis of ``(B, S, C)``."""
        parts = F.scaled_dot_product_attention(self._split(query), self._split(key), self._split(value))
        return parts.transpose(1, 2).flatten(2)

    def _over_time(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Attention along the first axis of ``(T, S, C)``, which is time."""
        query, key, value = (self._split(states.transpose(0, 1)) for states in (query, key, value))
        parts = F.scaled_dot_product_attention(rotated(query), rotated(key), value)
        return parts.permute(2, 0, 1, 3).flatten(2)

    def _split(self, states: Tensor) -> Tensor:
        """``(B, S, C)`` as ``(B, heads, S, C / heads)``."""
        return states.reshape(*states.shape[:2], self.heads, -1).transpose(1, 2)


def rotated(states: Tensor) -> Tensor:
    """Channels ``2i`` and ``2i + 1`` of frame ``t``, turned by ``t / THETA ** (2i / C)`` (Su et al., 2021).

    Args:
        states: ``(..., T, C)``; turned in float32.
    """
    frames, channels = states.shape[-2:]
    exponents = torch.arange(0, channels, 2, device=states.device, dtype=torch.float32) / channels
    angles = torch.outer(torch.arange(frames, device=states.device, dtype=torch.float32), 1 / THETA**exponents)
    pairs = torch.view_as_complex(states.float().reshape(*states.shape[:-1], -1, 2))
    turned = torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles))
    return turned.flatten(-2).to(states.dtype)


def _joined(image: Tensor, text: Tensor) -> Tensor:
    return torch.cat([image, text], dim=1)
