"""The region heads: proposals become final boxes in three steps, and boxes become features for the text decoder.

Cai and Vasconcelos, "Cascade R-CNN", CVPR 2018: each stage moves the boxes of the one before and says how sure it is
that they hold an object. The objects have no classes; naming them is the text decoder's work.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import clip_boxes_to_image, nms, roi_align

from vbench.dimensions.backbones.grit.pyramid import STRIDES
from vbench.dimensions.backbones.grit.text_decoder import TextDecoder

STEPS = (10.0, 20.0, 30.0)
"""What a stage's shifts are divided by; its changes of size by half of that."""

SURE = 0.5
OVERLAP = 0.5
KEPT = 256

BOX_SIDE, TEXT_SIDE = 7, 14

_LARGEST_GROWTH = math.log(1000 / 16)
_LEVELS = STRIDES[:3]
_LEVEL_SIDE = 224
"""Side of the boxes that are looked at on the second of three levels."""


class RegionHeads(nn.Module):
    """All that looks at single regions; attribute names are those of the checkpoint."""

    def __init__(self, text_decoder: TextDecoder, channels: int = 256, hidden: int = 1024) -> None:
        super().__init__()
        self.box_head = nn.ModuleList(BoxHead(channels * BOX_SIDE**2, hidden) for _ in STEPS)
        self.box_predictor = nn.ModuleList(BoxPredictor(hidden) for _ in STEPS)
        self.text_decoder = nn.ModuleDict({"textual": text_decoder})

    def forward(
        self, levels: Sequence[Tensor], proposals: Sequence[tuple[Tensor, Tensor]], size: tuple[int, int]
    ) -> list[tuple[Tensor, Tensor]]:
        """Refine the proposals of images of ``size`` (height, width, without padding), all of them together.

        Args:
            levels: maps of all images.
            proposals: of each image, boxes ``(P, 4)`` and scores ``(P,)``.
            size: of every image.

        Returns:
            Of each image boxes ``(R, 4)`` within it, best first, and scores ``(R,)`` above 0.5.
        """
        images = image_of_each([boxes for boxes, _ in proposals])
        boxes, scores = (torch.cat(parts) for parts in zip(*proposals, strict=True))
        sureness = torch.zeros_like(scores)
        for head, predictor, step in zip(self.box_head, self.box_predictor, STEPS, strict=True):
            objectness, shifts = predictor(head(pooled(levels, boxes, images, BOX_SIDE)))
            sureness += objectness / len(STEPS)
            boxes = clip_boxes_to_image(moved(boxes, shifts, step), size)
        counts = [len(boxes) for boxes, _ in proposals]
        by_image = zip(torch.split(boxes, counts), torch.split((sureness * scores).sqrt(), counts), strict=True)
        return [selected(*own) for own in by_image]


class BoxHead(nn.Module):
    """Pooled features of a box to one vector."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(inputs, hidden)
        self.fc2 = nn.Linear(hidden, hidden)

    def forward(self, features: Tensor) -> Tensor:
        """``(P, channels, 7, 7)`` -> ``(P, hidden)``."""
        return F.relu(self.fc2(F.relu(self.fc1(features.flatten(1)))))


class BoxPredictor(nn.Module):
    """One vector to how likely the box holds an object, and where it should go."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.cls_score = nn.Linear(hidden, 2)
        self.bbox_pred = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 4))

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """``(P, hidden)`` -> ``(P,)`` in [0, 1] and ``(P, 4)``."""
        return self.cls_score(vectors).softmax(1)[:, 0], self.bbox_pred(vectors)


def moved(boxes: Tensor, shifts: Tensor, step: float) -> Tensor:
    """Move and resize ``(P, 4)`` boxes: centres by shifts of their side, sides by a logarithm.

    >>> moved(torch.tensor([[0.0, 0.0, 10.0, 10.0]]), torch.tensor([[1.0, -2.0, 0.0, 0.0]]), step=10.0)
    tensor([[ 1., -2., 11.,  8.]])
    """
    sides = boxes[:, 2:] - boxes[:, :2]
    centre = boxes[:, :2] + sides / 2 + shifts[:, :2] / step * sides
    half = sides * (shifts[:, 2:] / (step / 2)).clamp(max=_LARGEST_GROWTH).exp() / 2
    return torch.cat([centre - half, centre + half], 1)


def selected(boxes: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
    """The boxes that are sure, apart from each other and not empty, best first.

    >>> boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 3.9], [4, 4, 8, 8], [2, 0, 2, 4], [0, 0, 9, 9]])
    >>> selected(boxes, torch.tensor([0.6, 0.7, 0.9, 0.8, 0.5]))[1]
    tensor([0.9000, 0.7000])
    """
    valid = (scores > SURE) & boxes.isfinite().all(1)
    boxes, scores = boxes[valid], scores[valid]
    kept = nms(boxes, scores, OVERLAP)[:KEPT]
    boxes, scores = boxes[kept], scores[kept]
    has_area = (boxes[:, 2:] > boxes[:, :2]).all(1)
    return boxes[has_area], scores[has_area]


def image_of_each(boxes: Sequence[Tensor]) -> Tensor:
    """The image of each box, where the boxes of some images are put together, ``(P,)``.

    >>> image_of_each([torch.zeros(1, 4), torch.zeros(0, 4), torch.zeros(2, 4)])
    tensor([0., 2., 2.])
    """
    return torch.cat([own.new_full((len(own),), number) for number, own in enumerate(boxes)])


def pooled(levels: Sequence[Tensor], boxes: Tensor, images: Tensor, side: int) -> Tensor:
    """Features of ``(P, 4)`` boxes, each from the level that fits its size: ``(P, channels, side, side)``.

    Args:
        levels: three maps of all images.
        boxes: of any of the images.
        images: of each box, ``(P,)``.
        side: of the features.
    """
    features = boxes.new_zeros(len(boxes), levels[0].shape[1], side, side)
    level_of_box, located = fitting_level(boxes), torch.cat([images[:, None], boxes], 1)
    for number, (level, stride) in enumerate(zip(levels, _LEVELS, strict=True)):
        chosen = (level_of_box == number).nonzero().squeeze(1)
        features[chosen] = roi_align(level, located[chosen], side, 1 / stride, aligned=True)
    return features


def fitting_level(boxes: Tensor) -> Tensor:
    """Index of the level to look at a box on, ``(P,)``: 0 for small boxes, 1 from sides of 224 on, 2 from 448 on.

    >>> fitting_level(torch.tensor([[0.0, 0, 223, 223], [0, 0, 225, 225], [0, 0, 1000, 300], [5, 5, 5, 5]]))
    tensor([0, 1, 2, 0])
    """
    side = (boxes[:, 2:] - boxes[:, :2]).prod(1).sqrt()
    return (1 + (side / _LEVEL_SIDE + 1e-8).log2()).floor().clamp(0, len(_LEVELS) - 1).long()
