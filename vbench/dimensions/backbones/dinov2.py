"""DINOv2 ViT-B/14: what a frame shows, learnt without labels from many more pictures than DINO saw.

- Paper: Oquab et al., "DINOv2: Learning Robust Visual Features without Supervision", TMLR 2024.
- Checkpoint: ``dinov2_vitb14`` (dinov2_vitb14_pretrain.pth, backbone without registers); Apache-2.0.
- Input: uint8 RGB frames, as floats scaled bicubically (antialiased, neither rounded nor clamped) to a shorter side of
  256 px, the middle 224x224 px, normalised with ImageNet's mean and deviation.
- Output: the class token after the last norm, 768 values, not of unit length.

224 px are 16x16 patches where the position table has 37x37; it is scaled by factor, as DINO's is. The file holds a
token for hidden patches, which only training uses.
"""

from __future__ import annotations

from typing import ClassVar, Self

import torch
from torch import Tensor, nn

from vbench.dimensions.backbones.base import FrameEmbedder
from vbench.dimensions.backbones.dino import VisionTransformer
from vbench.dimensions.backbones.pixels import IMAGENET, centre_crop, normalise, resize
from vbench.weights.load import load_strictly, state_dict

_PATCH, _GRID, _SIDE, _BEFORE_CROP = 14, 37, 224, 256


class DINOv2(FrameEmbedder):
    """Frame embeddings by DINOv2 ViT-B/14."""

    name: ClassVar[str] = "dinov2_vitb14"
    checkpoints: ClassVar[tuple[str, ...]] = ("dinov2_vitb14",)
    at_once_on_cpu: ClassVar[int] = 4

    def __init__(self, network: Network, device: torch.device) -> None:
        self.network, self.device = network.to(device), device

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``dinov2_vitb14``; see :meth:`Backbone.load` for the errors."""
        with torch.device("meta"):
            network = Network(width=768, depth=12, heads=12)
        load_strictly(network, state_dict("dinov2_vitb14"), "dinov2_vitb14")
        return cls(network, device)

    @torch.inference_mode()
    def embed(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` uint8 RGB -> ``(N, 768)`` float32 on the CPU, not normalised."""
        features = []
        for chunk in self.chunks(frames):
            scaled = resize(chunk.to(self.device).float(), _BEFORE_CROP, "bicubic", antialias=True)
            features.append(self.network(normalise(centre_crop(scaled, _SIDE), IMAGENET)).cpu())
        return torch.cat(features)


class Network(VisionTransformer):
    """DINO's network with smaller patches, a larger table and weights for what each layer adds."""

    def __init__(self, width: int, depth: int, heads: int) -> None:
        super().__init__(width, depth, heads, patch=_PATCH, grid=_GRID, layer_scale=True)
        self.mask_token = nn.Parameter(torch.zeros(1, width))
