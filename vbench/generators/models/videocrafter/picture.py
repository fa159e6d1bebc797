"""What VideoCrafter's U-Net is told of a picture: tokens that a resampler makes of what OpenCLIP's tower sees.

Ye et al., "IP-Adapter" (2023), with the resampler of Alayrac et al., "Flamingo" (2022). Parameter names are those of
the published checkpoint.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from open_clip.transformer import VisionTransformer
from torch import Tensor, nn

from vbench.generators.models.ldm.sizes import PictureSizes, TextSizes
from vbench.generators.models.ldm.text import TextTower

MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""Of CLIP's training pictures, by channel."""

HEAD, HEADS = 64, 12
"""Channels and number of the resampler's attention heads."""


class PictureTower(TextTower):
    """OpenCLIP's picture tower, up to its last block; beside it lies what is left of the text tower, unused."""

    def __init__(self, sizes: PictureSizes, text: TextSizes) -> None:
        super().__init__(text)
        del self.transformer
        self.visual = VisionTransformer(
            sizes.side, sizes.patch, sizes.width, sizes.layers, sizes.heads, mlp_ratio=4.0, output_dim=text.width
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """``(N, 3, H, W)`` float in -1..1 -> a token for each patch behind one for the whole, ``(N, P + 1, width)``."""
        side, _ = self.visual.image_size
        small = (shrunk(pictures, side) + 1) / 2
        mean, deviation = (torch.tensor(each, device=small.device)[:, None, None] for each in (MEAN, DEVIATION))
        patches = self.visual.conv1((small - mean) / deviation).flatten(2).transpose(1, 2)
        whole = self.visual.class_embedding.expand(len(patches), 1, -1)
        tokens = torch.cat([whole, patches], dim=1) + self.visual.positional_embedding
        seen: Tensor = self.visual.transformer(self.visual.ln_pre(tokens))
        return seen


class Resampler(nn.Module):
    """A few learned tokens look at the picture's, several times."""

    def __init__(self, sizes: PictureSizes, out: int) -> None:
        super().__init__()
        width = sizes.resampled
        self.latents = nn.Parameter(torch.zeros(1, sizes.tokens, width))
        self.proj_in = nn.Linear(sizes.width, width)
        self.proj_out = nn.Linear(width, out)
        self.norm_out = nn.LayerNorm(out)
        self.layers = nn.ModuleList(
            nn.ModuleList([_Look(width), _hidden(width)]) for _ in range(sizes.resamplings)
        )  # fmt: skip

    def forward(self, seen: Tensor) -> Tensor:
        """``(N, P + 1, width)`` -> ``(N, tokens, out)``."""
        seen, tokens = self.proj_in(seen), self.latents.expand(len(seen), -1, -1)
        pairs: Any = self.layers
        for look, hidden in pairs:
            tokens = tokens + look(seen, tokens)
            tokens = tokens + hidden(tokens)
        out: Tensor = self.norm_out(self.proj_out(tokens))
        return out


class _Look(nn.Module):
    """Tokens attend to a picture's tokens and to themselves."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.to_q = nn.Linear(width, HEADS * HEAD, bias=False)
        self.to_kv = nn.Linear(width, 2 * HEADS * HEAD, bias=False)
        self.to_out = nn.Linear(HEADS * HEAD, width, bias=False)

    def forward(self, seen: Tensor, tokens: Tensor) -> Tensor:
        tokens = self.norm2(tokens)
        k, v = self.to_kv(torch.cat([self.norm1(seen), tokens], dim=1)).chunk(2, dim=-1)
        q, k, v = (one.unflatten(-1, (HEADS, HEAD)).transpose(1, 2) for one in (self.to_q(tokens), k, v))
        out: Tensor = self.to_out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return out


def _hidden(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, 4 * width, bias=False), nn.GELU(), nn.Linear(4 * width, width, bias=False)
    )


def shrunk(pictures: Tensor, side: int) -> Tensor:
    """Pictures of one size, as kornia's ``resize`` makes them: blurred where they shrink, then bicubic.

    Args:
        pictures: ``(N, C, H, W)`` float.
        side: height and width of what comes out, corner on corner.
    """
    factors = [length / side for length in pictures.shape[-2:]]
    if max(factors) > 1:
        for axis, factor in zip((2, 3), factors, strict=True):
            pictures = _blurred(pictures, axis, max((factor - 1) / 2, 0.001))
    return F.interpolate(pictures, (side, side), mode="bicubic", align_corners=True)


def _blurred(pictures: Tensor, axis: int, sigma: float) -> Tensor:
    """Gaussian weights over two deviations to each side, along an axis; mirrored at the borders."""
    half = int(max(4 * sigma, 3)) // 2
    places = torch.arange(-half, half + 1, device=pictures.device, dtype=pictures.dtype)
    weights = torch.exp(-(places**2) / (2 * sigma**2))
    shape = [1, 1, 1, 1]
    shape[axis] = len(weights)
    kernel = (weights / weights.sum()).reshape(shape).expand(pictures.shape[1], 1, *shape[2:])
    border = (half, half, 0, 0) if axis == 3 else (0, 0, half, half)
    return F.conv2d(F.pad(pictures, border, mode="reflect"), kernel, groups=pictures.shape[1])
