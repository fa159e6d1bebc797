"""The feature pyramid: one grid of tokens becomes five maps, from an eighth to a 128th of the image.

Li et al., "Exploring Plain Vision Transformer Backbones for Object Detection", ECCV 2022, section 3: all levels are
made from the last grid. Two coarser ones follow as in Tian et al., "FCOS", ICCV 2019.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from vbench.dimensions.backbones.grit.backbone import VisionTransformer

STRIDES = (8, 16, 32, 64, 128)


class FeaturePyramid(nn.Module):
    """Images to five maps of equal depth; attribute names are those of the checkpoint."""

    def __init__(self, bottom_up: VisionTransformer, width: int = 768, channels: int = 256) -> None:
        super().__init__()
        self.bottom_up = bottom_up
        self.fpn_stride_16_8 = nn.ConvTranspose2d(width, width, 2, 2, bias=False)
        for stride in STRIDES[:3]:
            self.add_module(f"fpn_stride{stride}_conv1", nn.Conv2d(width, channels, 1, bias=False))
            self.add_module(f"fpn_stride{stride}_norm1", nn.LayerNorm(channels))
            self.add_module(f"fpn_stride{stride}_conv2", nn.Conv2d(channels, channels, 3, padding=1, bias=False))
            self.add_module(f"fpn_stride{stride}_norm2", nn.LayerNorm(channels))
        self.top_block = nn.ModuleDict({name: nn.Conv2d(channels, channels, 3, 2, 1) for name in ("p6", "p7")})

    def forward(self, images: Tensor) -> list[Tensor]:
        """``(N, 3, H, W)`` float32, sides divisible by 32 -> maps at the strides 8, 16, 32, 64, 128."""
        grid = self.bottom_up(images)
        p3 = self._level(8, twice_as_large(grid, self.fpn_stride_16_8.weight))
        p4 = self._level(16, grid)
        p5 = self._level(32, F.max_pool2d(grid, 2))
        p6 = self.top_block["p6"](p5)
        p7 = self.top_block["p7"](F.relu(p6))
        return [p3, p4, p5, p6, p7]

    def _level(self, stride: int, features: Tensor) -> Tensor:
        for step in "12":
            features = self.get_submodule(f"fpn_stride{stride}_conv{step}")(features)
            normalise = self.get_submodule(f"fpn_stride{stride}_norm{step}")
            features = normalise(features.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return features


def twice_as_large(grid: Tensor, weight: Tensor) -> Tensor:
    """A transposed convolution whose steps are as long as its filters: ``(N, C, H, W)`` -> ``(N, C', 2 H, 2 W)``.

    No two of its filters overlap, so it is one matrix product, which a GPU is better at.

    >>> twice_as_large(Tensor([[[[1, 2]]]]), Tensor([[[[1, 10], [100, 1000]]]])).tolist()
    [[[[1.0, 10.0, 2.0, 20.0], [100.0, 1000.0, 200.0, 2000.0]]]]
    """
    count, _, height, width = grid.shape
    by_pixel = grid.permute(0, 2, 3, 1) @ weight.flatten(1)
    squares = by_pixel.view(count, height, width, -1, 2, 2)
    return squares.permute(0, 3, 1, 4, 2, 5).reshape(count, -1, 2 * height, 2 * width)
