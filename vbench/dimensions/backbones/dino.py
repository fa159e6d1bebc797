"""DINO ViT-B/16: what a frame shows, learnt without labels and so close to the subject's identity.

- Paper: Caron et al., "Emerging Properties in Self-Supervised Vision Transformers", ICCV 2021.
- Checkpoint: ``dino_vitb16`` (dino_vitbase16_pretrain.pth, backbone only); Apache-2.0.
- Input: uint8 RGB frames, normalised with ImageNet's mean and deviation. :meth:`DINO.embed` scales floats bilinearly
  (no antialiasing, no rounding) to a shorter side of 224 px and does **not** crop. :meth:`DINO.embed_frames` scales
  floats bicubically with antialiasing to 256 px and crops the middle 224, :meth:`DINO.embed_picture` does so by Pillow,
  which rounds.
- Output: the class token after the last norm, 768 values, not of unit length.

Of frames that are not square the position table is scaled bicubically *by factor*, (patches + 0.1) / 14 on each axis,
as the published code does; by size it would be other numbers. That holds for nearly square ones, too: a frame of
224x238 has the table's 14x14 patches, and still a table that is scaled a little.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.dimensions.backbones.arithmetic import computes
from vbench.dimensions.backbones.base import FrameEmbedder, PictureEmbedder
from vbench.dimensions.backbones.pixels import IMAGENET, centre_crop, normalise, resize, resized_by_pil
from vbench.weights.load import load_strictly, state_dict

_PATCH, _GRID = 16, 14
_SIDE, _BEFORE_CROP = _PATCH * _GRID, 256


class DINO(FrameEmbedder, PictureEmbedder):
    """Embeddings of frames and pictures by DINO ViT-B/16."""

    name: ClassVar[str] = "dino_vitb16"
    checkpoints: ClassVar[tuple[str, ...]] = ("dino_vitb16",)
    at_once_on_cpu: ClassVar[int] = 4

    def __init__(self, network: VisionTransformer, device: torch.device) -> None:
        self.network, self.device = network.to(device), device

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``dino_vitb16``; see :meth:`Backbone.load` for the errors."""
        with torch.device("meta"):
            network = VisionTransformer(width=768, depth=12, heads=12)
        load_strictly(network, state_dict("dino_vitb16"), "dino_vitb16")
        return cls(network, device)

    @computes
    def embed(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` uint8 RGB -> ``(N, 768)`` float32 on the CPU, not normalised."""
        features = []
        for chunk in self.chunks(frames):
            scaled = resize(self.here(chunk).float(), _SIDE, "bilinear")
            features.append(self.network(normalise(scaled, IMAGENET)).cpu())
        return torch.cat(features)

    def embed_frames(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` uint8 RGB -> ``(N, 768)`` float32 on the CPU, of their middle squares, not normalised."""
        floats = (self.here(chunk).float() for chunk in self.chunks(frames))
        return torch.cat([self._of_square(resize(one, _BEFORE_CROP, "bicubic", antialias=True)) for one in floats])

    def embed_picture(self, picture: Tensor) -> Tensor:
        """``(3, H, W)`` uint8 RGB -> ``(768,)`` float32 on the CPU, of its middle square, not normalised."""
        return self._of_square(resized_by_pil(self.here(picture[None]), _BEFORE_CROP).float())[0]

    @computes
    def _of_square(self, scaled: Tensor) -> Tensor:
        features: Tensor = self.network(normalise(centre_crop(scaled, _SIDE), IMAGENET))
        return features.cpu()


class DINOTF32(DINO):
    """DINO ViT-B/16 with products of TF32."""

    name: ClassVar[str] = "dino_vitb16_tf32"
    arithmetic: ClassVar[str] = "tf32"


class VisionTransformer(nn.Module):
    """A plain vision transformer under DINO's parameter names.

    Args:
        width: channels of a token.
        depth: number of blocks.
        heads: of each attention.
        eps: of the norms.
        activation: makes the perceptrons' activation.
        patch: side of a patch in pixels.
        grid: patches a row and a column of the position table.
        layer_scale: whether what a layer adds is weighed channel by channel.
    """

    def __init__(
        self,
        width: int,
        depth: int,
        heads: int,
        eps: float = 1e-6,
        activation: Callable[[], nn.Module] = nn.GELU,
        patch: int = _PATCH,
        grid: int = _GRID,
        layer_scale: bool = False,
    ) -> None:
        super().__init__()
        self.patch, self.grid = patch, grid
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + grid * grid, width))
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, width, patch, patch)})
        self.blocks = nn.Sequential(*(Block(width, heads, eps, activation, layer_scale) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, eps=eps)

    def forward(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` normalised -> class tokens ``(N, width)``; rows and columns beyond whole patches drop."""
        token: Tensor = self.norm(self.summary(frames))
        return token

    def summary(self, frames: Tensor) -> Tensor:
        """The class tokens before the last norm, ``(N, width)``."""
        tokens = self.embedded(frames)
        *blocks, last = self.blocks
        for block in blocks:
            tokens = block(tokens)
        first: Tensor = last(tokens, read=1)
        return first[:, 0]

    def embedded(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` normalised -> class token and patches at their positions, ``(N, 1 + patches, width)``."""
        patches = self.patch_embed["proj"](frames)
        tokens = torch.cat((self.cls_token.expand(len(frames), -1, -1), patches.flatten(2).transpose(1, 2)), 1)
        return tokens + self.positions(*frames.shape[-2:])

    def positions(self, height: int, width: int) -> Tensor:
        """The position table for frames of so many pixels: ``(1, 1 + rows * columns, width)``.

        It is the published one where a square has as many patches, and a scaled one elsewhere.
        """
        rows, columns = height // self.patch, width // self.patch
        if height == width and rows == self.grid:
            return self.pos_embed
        own, table = self.pos_embed.tensor_split((1,), 1)
        grid = table.view(1, self.grid, self.grid, -1).permute(0, 3, 1, 2)
        factors = ((rows + 0.1) / self.grid, (columns + 0.1) / self.grid)
        scaled = F.interpolate(grid, scale_factor=factors, mode="bicubic")
        return torch.cat((own, scaled.flatten(2).transpose(1, 2)), 1)


class Block(nn.Module):
    """Attention, then a perceptron, each on normed tokens and added to what was there."""

    def __init__(
        self, width: int, heads: int, eps: float, activation: Callable[[], nn.Module], layer_scale: bool = False
    ) -> None:
        super().__init__()
        self.ls1 = LayerScale(width) if layer_scale else nn.Identity()
        self.ls2 = LayerScale(width) if layer_scale else nn.Identity()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=eps), nn.LayerNorm(width, eps=eps)
        self.attn = Attention(width, heads)
        self.mlp = nn.Sequential(
            OrderedDict(fc1=nn.Linear(width, 4 * width), act=activation(), fc2=nn.Linear(4 * width, width))
        )

    def forward(self, tokens: Tensor, read: int | None = None) -> Tensor:
        """``(N, T, width)`` -> the same shape, or ``(N, read, width)``: what becomes of the first tokens."""
        tokens = tokens[:, :read] + self.ls1(self.attn(self.norm1(tokens), read))
        seen: Tensor = tokens + self.ls2(self.mlp(self.norm2(tokens)))
        return seen


class LayerScale(nn.Module):
    """A learnt weight for each channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, tokens: Tensor) -> Tensor:
        """Weigh ``(N, T, width)``."""
        return tokens * self.gamma


class Attention(nn.Module):
    """Every token looks at every token."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor, read: int | None = None) -> Tensor:
        """``(N, T, width)`` -> the same shape, or ``(N, read, width)``: what the first tokens find."""
        count, length, width = tokens.shape
        by_head = self.qkv(tokens).view(count, length, 3, self.heads, width // self.heads)
        query, key, value = by_head.permute(2, 0, 3, 1, 4)
        looked = F.scaled_dot_product_attention(query[:, :, :read], key, value)
        mixed: Tensor = self.proj(looked.transpose(1, 2).flatten(2))
        return mixed
