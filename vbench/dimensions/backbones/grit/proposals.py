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
        warm = torch.stack([(heat > LEAST_HEAT).sum(1) for _, heat in found], 1).tolist()  # warmest first, so a count
        proposals = []
        for image, counts in enumerate(warm):
            own = [
                (boxes[image, :count], heat[image, :count]) for (boxes, heat), count in zip(found, counts, strict=True)
            ]
            boxes, heat = (torch.cat(parts) for parts in zip(*own, strict=True))
            proposals.append(best_apart(boxes, heat.sqrt()))
        return proposals

    def _candidates(self, level: Tensor, scale: nn.Module, stride: int) -> tuple[Tensor, Tensor]:
        """Boxes ``(N, P, 4)`` of the warmest points of a level, warmest first, and their heat ``(N, P)``."""
        hidden = self.bbox_tower(level)
        heat = self.agn_hm(hidden).flatten(1).sigmoid()
        heat, order = heat.topk(min(PER_LEVEL, heat.shape[1]))
        distances = F.relu(scale(self.bbox_pred(hidden))).flatten(2).mT * stride
        height, width = level.shape[-2:]
        points = centres(height, width, stride, level.device)
        return boxes_around(points[order], distances.take_along_dim(order[:, :, None], 1)), heat


class Scale(nn.Module):
    """A learnt factor."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, values: Tensor) -> Tensor:
        """Any shape -> the same shape."""
        return values * self.scale


def centres(height: int, width: int, stride: int, device: torch.device | None = None) -> Tensor:
    """Where the points of a map lie in the image: ``(height * width, 2)`` float32, x and y.

    >>> centres(1, 2, 8)
    tensor([[ 4.,  4.],
            [12.,  4.]])
    """
    y, x = torch.meshgrid(torch.arange(height, device=device), torch.arange(width, device=device), indexing="ij")
    return torch.stack([x, y], -1).flatten(0, 1) * float(stride) + stride // 2


def boxes_around(points: Tensor, distances: Tensor) -> Tensor:
    """Points ``(..., 2)`` and distances to left, top, right, bottom ``(..., 4)`` -> boxes, never quite empty.

    >>> boxes_around(torch.tensor([[4.0, 4.0]]), torch.tensor([[1.0, 0.0, 2.0, 0.0]]))
    tensor([[3.0000, 4.0000, 6.0000, 4.0100]])
    """
    first = points - distances[..., :2]
    last = points + distances[..., 2:]
    return torch.cat([first, last.maximum(first + _LEAST_SIDE)], -1)


def best_apart(boxes: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
    """Leave out boxes that nearly coincide with a better one, then keep the best; what ties with the last stays."""
    kept = nms(boxes, scores, OVERLAP)
    if len(kept) > KEPT:
        kept = kept[scores[kept] >= scores[kept[KEPT - 1]]]
    return boxes[kept], scores[kept]
