"""Proposals: boxes that may hold something, whatever it is.

Zhou et al., "Probabilistic two-stage detection" (CenterNet2), 2021: every point of the pyramid says how likely it is
the centre of an object, and how far away the object's four sides are.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import nms

from vbench.dimensions.backbones.grit.pyramid import STRIDES

LEAST_HEAT = 1e-4
PER_LEVEL = 1000
OVERLAP = 0.9
KEPT = 256

_LEAST_SIDE = 0.01


class CenterHead(nn.Module):
    """Heat and distances at every point of every level; attribute names are those of the checkpoint."""

    def __init__(self, channels: int = 256, groups: int = 32) -> None:
        super().__init__()
        self.bbox_tower = nn.Sequential()
        for _ in range(4):
            self.bbox_tower.append(nn.Conv2d(channels, channels, 3, padding=1))
            self.bbox_tower.append(nn.GroupNorm(groups, channels))
            self.bbox_tower.append(nn.ReLU())
        self.agn_hm = nn.Conv2d(channels, 1, 3, padding=1)
        self.bbox_pred = nn.Conv2d(channels, 4, 3, padding=1)
        self.scales = nn.ModuleList(Scale() for _ in STRIDES)

    def forward(self, levels: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
        """The pyramid of N images -> for each about 256 proposals, best first.

        Returns:
            Boxes ``(P, 4)`` as left, top, right, bottom in pixels, which may reach beyond the image, and
            scores ``(P,)``, the square root of the heat.
        """
        found = [self._candidates(*level) for level in zip(levels, self.scales, STRIDES, strict=True)]
        by_image = (zip(*candidates, strict=True) for candidates in zip(*found, strict=True))
        return [best_apart(torch.cat(boxes), torch.cat(scores)) for boxes, scores in by_image]

    def _candidates(self, level: Tensor, scale: nn.Module, stride: int) -> list[tuple[Tensor, Tensor]]:
        hidden = self.bbox_tower(level)
        heat = self.agn_hm(hidden).flatten(1).sigmoid()
        distances = F.relu(scale(self.bbox_pred(hidden))).flatten(2).mT * stride
        height, width = level.shape[-2:]
        points = centres(height, width, stride).to(level.device)
        return [warmest(boxes_around(points, around), warmth) for around, warmth in zip(distances, heat, strict=True)]


class Scale(nn.Module):
    """A learnt factor."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, values: Tensor) -> Tensor:
        """Any shape -> the same shape."""
        return values * self.scale


def centres(height: int, width: int, stride: int) -> Tensor:
    """Where the points of a map lie in the image: ``(height * width, 2)`` float32, x and y.

    >>> centres(1, 2, 8)
    tensor([[ 4.,  4.],
            [12.,  4.]])
    """
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([x, y], -1).flatten(0, 1) * float(stride) + stride // 2


def boxes_around(points: Tensor, distances: Tensor) -> Tensor:
    """Points ``(P, 2)`` and distances to left, top, right, bottom ``(P, 4)`` -> boxes ``(P, 4)``, never quite empty.

    >>> boxes_around(torch.tensor([[4.0, 4.0]]), torch.tensor([[1.0, 0.0, 2.0, 0.0]]))
    tensor([[3.0000, 4.0000, 6.0000, 4.0100]])
    """
    first = points - distances[:, :2]
    last = points + distances[:, 2:]
    return torch.cat([first, last.maximum(first + _LEAST_SIDE)], 1)


def warmest(boxes: Tensor, heat: Tensor) -> tuple[Tensor, Tensor]:
    """The boxes of one level that are worth looking at, warmest first, and the square roots of their heat."""
    heat, order = heat.topk(min(PER_LEVEL, len(heat)))
    is_warm = heat > LEAST_HEAT
    return boxes[order[is_warm]], heat[is_warm].sqrt()


def best_apart(boxes: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
    """Leave out boxes that nearly coincide with a better one, then keep the best; what ties with the last stays."""
    kept = nms(boxes, scores, OVERLAP)
    if len(kept) > KEPT:
        kept = kept[scores[kept] >= scores[kept[KEPT - 1]]]
    return boxes[kept], scores[kept]
