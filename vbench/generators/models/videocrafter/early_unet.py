"""VideoCrafter 0.9's U-Net: latent diffusion's in three dimensions, with transformers across space and time in turn.

He et al., "Latent Video Diffusion Models for High-Fidelity Long Video Generation" (2022). Convolutions see one frame,
norms the whole clip. Parameter names are those of the published checkpoint; features are ``(B, C, F, H, W)``.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.generators.models.ldm.attention import Attention, FeedForward
from vbench.generators.models.ldm.blocks import embedder, sinusoidal
from vbench.generators.models.ldm.sizes import Plan

HEADS = 8
"""Of each attention, whatever the width."""


class EarlyUNet(nn.Module):
    """The denoiser; it predicts the noise."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.time_embed = embedder(plan.width, plan.embedding)
        self.input_blocks = nn.ModuleList([nn.ModuleList([_frames(plan.channels, plan.width)]), *_down(plan)])
        width = plan.middle_width
        self.middle_block = nn.ModuleList(
            [_Residual(plan, width, width), _Transformer(plan, width), _Residual(plan, width, width)]
        )
        self.output_blocks = nn.ModuleList(_up(plan))
        self.out = nn.Sequential(nn.GroupNorm(32, plan.width), nn.SiLU(), _frames(plan.width, plan.channels))

    def forward(self, latents: Tensor, timesteps: Tensor, text: Tensor, fps: Tensor) -> Tensor:
        """As :meth:`vbench.generators.models.videocrafter.unet.UNet.forward`; the rate is ignored."""
        embedding = self.time_embed(sinusoidal(timesteps, self.plan.width))
        features, skips = latents, list[Tensor]()
        for block in self.input_blocks:
            features = _through(block, features, embedding, text)
            skips.append(features)
        features = _through(self.middle_block, features, embedding, text)
        for block in self.output_blocks:
            features = _through(block, torch.cat([features, skips.pop()], dim=1), embedding, text)
        noise: Tensor = self.out(features)
        return noise


def _through(layers: nn.Module, features: Tensor, embedding: Tensor, text: Tensor) -> Tensor:
    for layer in layers.children():
        if isinstance(layer, _Residual):
            features = layer(features, embedding)
        elif isinstance(layer, _Transformer):
            features = layer(features, text)
        else:
            features = layer(features)
    return features


def _down(plan: Plan) -> list[nn.ModuleList]:
    blocks, width = list[nn.ModuleList](), plan.width
    for level, multiplier in enumerate(plan.multipliers):
        for _ in range(plan.residual_blocks):
            block = nn.ModuleList([_Residual(plan, width, width := plan.width * multiplier)])
            if level < plan.attention_levels:
                block.append(_Transformer(plan, width))
            blocks.append(block)
        if level < len(plan.multipliers) - 1:
            blocks.append(nn.ModuleList([_Half(width)]))
    return blocks


def _up(plan: Plan) -> list[nn.ModuleList]:
    blocks, width, skips = list[nn.ModuleList](), plan.middle_width, plan.skip_widths
    for level, multiplier in reversed(list(enumerate(plan.multipliers))):
        for place in range(plan.residual_blocks + 1):
            block = nn.ModuleList([_Residual(plan, width + skips.pop(), width := plan.width * multiplier)])
            if level < plan.attention_levels:
                block.append(_Transformer(plan, width))
            if level and place == plan.residual_blocks:
                block.append(_Twice(width))
            blocks.append(block)
    return blocks


class _Residual(nn.Module):
    """Two convolutions with the embedding between them, added to what came in."""

    def __init__(self, plan: Plan, width: int, out: int) -> None:
        super().__init__()
        self.in_layers = nn.Sequential(nn.GroupNorm(32, width), nn.SiLU(), _frames(width, out))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(plan.embedding, out))
        self.out_layers = nn.Sequential(nn.GroupNorm(32, out), nn.SiLU(), nn.Dropout(0.0), _frames(out, out))
        self.skip_connection = nn.Identity() if width == out else nn.Conv3d(width, out, 1)

    def forward(self, features: Tensor, embedding: Tensor) -> Tensor:
        hidden = self.in_layers(features) + self.emb_layers(embedding)[..., None, None, None]
        added: Tensor = self.skip_connection(features) + self.out_layers(hidden)
        return added


class _Half(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.op = _frames(width, width, stride=2)

    def forward(self, features: Tensor) -> Tensor:
        out: Tensor = self.op(features)
        return out


class _Twice(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = _frames(width, width)

    def forward(self, features: Tensor) -> Tensor:
        out: Tensor = self.conv(F.interpolate(features, scale_factor=(1, 2, 2), mode="nearest"))
        return out


class _Transformer(nn.Module):
    """A block between two projections, added to what came in."""

    def __init__(self, plan: Plan, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(32, width, eps=1e-6)
        self.proj_in = nn.Conv3d(width, width, 1)
        self.transformer_blocks = nn.ModuleList([_Block(plan, width)])
        self.proj_out = nn.Conv3d(width, width, 1)

    def forward(self, features: Tensor, text: Tensor) -> Tensor:
        tokens = self.proj_in(self.norm(features)).permute(0, 2, 3, 4, 1)  # (B, F, H, W, C)
        looked: Tensor = self.proj_out(self.transformer_blocks[0](tokens, text).permute(0, 4, 1, 2, 3))
        return features + looked


class _Block(nn.Module):
    """The positions of a frame look at each other, each position along time; then at the text, and along time again."""

    def __init__(self, plan: Plan, width: int) -> None:
        super().__init__()
        head = width // HEADS
        self.attn1 = Attention(width, HEADS, head, width)
        self.attn2 = Attention(width, HEADS, head, plan.text_width)
        self.ff = FeedForward(width)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))
        self.attn1_tmp = Attention(width, HEADS, head, width, plan.distance)
        self.attn2_tmp = Attention(width, HEADS, head, width, plan.distance)
        self.norm4, self.norm5 = (nn.LayerNorm(width) for _ in range(2))

    def forward(self, tokens: Tensor, text: Tensor) -> Tensor:
        """``(B, F, H, W, C)`` and ``(B, L, D)`` -> the shape of the tokens."""
        b, f, h, w, c = tokens.shape
        text = text.repeat_interleave(f, 0)

        def across(tokens: Tensor) -> Tensor:
            return tokens.reshape(b * f, h * w, c)

        def along(tokens: Tensor) -> Tensor:
            return tokens.permute(0, 2, 3, 1, 4).reshape(b * h * w, f, c)

        def back(tokens: Tensor) -> Tensor:
            return tokens.reshape(b, h, w, f, c).permute(0, 3, 1, 2, 4)

        tokens = tokens + self.attn1(across(self.norm1(tokens))).reshape(tokens.shape)
        tokens = tokens + back(self.attn1_tmp(along(self.norm4(tokens))))
        tokens = tokens + self.attn2(across(self.norm2(tokens)), text).reshape(tokens.shape)
        tokens = tokens + back(self.attn2_tmp(along(self.norm5(tokens))))
        added: Tensor = self.ff(self.norm3(tokens))
        return tokens + added


def _frames(width: int, out: int, stride: int = 1) -> nn.Conv3d:
    """A convolution of each frame."""
    return nn.Conv3d(width, out, (1, 3, 3), stride=(1, stride, stride), padding=(0, 1, 1))
