"""RetinaFace: where the faces of a frame are.

Paper: Deng et al., "RetinaFace: Single-Shot Multi-Level Face Localisation in the Wild", CVPR 2020. A ResNet-50, a
pyramid of three levels, a head each for classes, boxes and landmarks.

Checkpoint: ``retinaface_resnet50`` (ternaus/retinaface, 2020-07-20, WIDER FACE), MIT.

Input: a frame of any size, uint8 RGB. Its **longer side becomes ``longest`` pixels, upwards as well**, bilinearly in
whole levels; then ImageNet's mean and deviation. Output: boxes surer than 0.7 after non-maximum suppression at 0.4, in
pixels of the frame, rounded to hundredths. A box may reach beyond the frame, or lie left of it or above it; one that
lies right of it or below it is left out, as in the published code.

The reference leaves the network in training mode: every normalisation uses the statistics of the one frame, and the
published ones are never read. ``batch_statistics`` says which is wanted; nothing that was loaded changes by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import ClassVar, Self

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import resnet50
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.ops import nms

from vbench.dimensions.backbones.base import Face, FaceDetector
from vbench.dimensions.backbones.pixels import IMAGENET
from vbench.weights.load import filled

STEPS = (8, 16, 32)
"""Pixels between the places of each level."""

ANCHORS = ((16, 32), (64, 128), (256, 512))
"""Sides of the two squares at each place of a level, in pixels."""

SURE, OVERLAP = 0.7, 0.4
CENTRE, SIZE = 0.1, 0.2
"""What offsets of a box's centre and size are multiplied with."""


class RetinaFace(FaceDetector):
    """RetinaFace on a ResNet-50; one frame at a time."""

    name: ClassVar[str] = "retinaface_resnet50"
    checkpoints: ClassVar[tuple[str, ...]] = ("retinaface_resnet50",)
    extra: ClassVar[str] = "official"

    def __init__(self, network: Network, device: torch.device) -> None:
        self.network, self.device = network.to(device), device

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``retinaface_resnet50``; see :meth:`Backbone.load` for the errors."""
        with torch.device("meta"):
            network = Network()
        return cls(filled(network, "retinaface_resnet50"), device)

    @torch.inference_mode()
    def faces(self, frame: Tensor, longest: int, batch_statistics: bool) -> list[Face]:
        """``(3, H, W)`` uint8 RGB -> its faces, surest first."""
        pixels = enlarged(frame, longest).to(self.device)
        offsets, logits = self.network.by_statistics_of(batch_statistics)(pixels)
        seen, size = (tuple(one.shape[-2:]) for one in (pixels, frame))
        return faces_from(offsets[0].cpu(), logits[0].cpu(), seen, size)


def enlarged(frame: Tensor, longest: int) -> Tensor:
    """``(3, H, W)`` uint8 -> ``(1, 3, H', W')`` float32, normalised, with a longer side of ``longest`` pixels.

    Levels are normalised by one product, as in the published code: rounded otherwise, the statistics of a single frame
    would make something of it.
    """
    height, width = frame.shape[-2:]
    scale = longest / max(height, width)
    image = np.ascontiguousarray(frame.permute(1, 2, 0).numpy())
    if scale != 1:
        image = cv2.resize(image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_LINEAR)
    mean, std = (255 * torch.tensor(values) for values in IMAGENET)
    return ((torch.from_numpy(image).float() - mean) * std.reciprocal()).permute(2, 0, 1)[None].contiguous()


def anchors(height: int, width: int) -> Tensor:
    """Centre, width and height of every anchor of a picture, as shares of its sides: ``(N, 4)`` float32.

    >>> anchors(48, 64).shape
    torch.Size([128, 4])
    """
    return torch.tensor(
        [
            ((column + 0.5) * step / width, (row + 0.5) * step / height, side / width, side / height)
            for step, sides in zip(STEPS, ANCHORS, strict=True)
            for row in range(ceil(height / step))
            for column in range(ceil(width / step))
            for side in sides
        ]
    )


def faces_from(offsets: Tensor, logits: Tensor, seen: Sequence[int], size: Sequence[int]) -> list[Face]:
    """The faces that the network's answers mean, surest first.

    Args:
        offsets: ``(N, 4)`` from each anchor.
        logits: ``(N, 2)`` for no face and a face.
        seen: height and width of what the network saw.
        size: height and width of the frame.
    """
    scores = logits.softmax(1)[:, 1]
    places = anchors(*seen)
    centres = places[:, :2] + offsets[:, :2] * CENTRE * places[:, 2:]
    sides = places[:, 2:] * (offsets[:, 2:] * SIZE).exp()
    boxes = torch.cat((centres - sides / 2, centres + sides / 2), 1) * torch.tensor([seen[1], seen[0]] * 2)
    sure = scores > SURE
    boxes, scores = boxes[sure], scores[sure]
    kept = nms(boxes, scores, OVERLAP)
    boxes = boxes[kept] * (size[0] / seen[0])
    found = zip(boxes.tolist(), scores[kept].tolist(), strict=True)
    inside = ((box, score) for box, score in found if box[0] < size[1] - 1 and box[1] < size[0] - 1)
    return [Face(tuple(round(one, 2) for one in box), round(score, 2)) for box, score in inside]


class Network(nn.Module):
    """The published network; attribute names are those of the checkpoint."""

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        levels = {"layer2": "1", "layer3": "2", "layer4": "3"}
        self.body = IntermediateLayerGetter(resnet50(weights=None), levels)
        self.fpn = Pyramid((512, 1024, 2048), width)
        self.ssh1, self.ssh2, self.ssh3 = (Context(width) for _ in levels)
        self.ClassHead = nn.ModuleList(Head(width, 2 * 2) for _ in levels)
        self.BboxHead = nn.ModuleList(Head(width, 2 * 4) for _ in levels)
        self.LandmarkHead = nn.ModuleList(Head(width, 2 * 10) for _ in levels)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """``(N, 3, H, W)`` float32, normalised -> offsets ``(N, A, 4)`` and logits ``(N, A, 2)``.

        Nobody asks for the landmarks.
        """
        pyramid = self.fpn(list(self.body(pictures).values()))
        seen = [context(level) for context, level in zip((self.ssh1, self.ssh2, self.ssh3), pyramid, strict=True)]
        offsets, logits = (
            torch.cat([head(level).view(len(pictures), -1, each) for head, level in zip(heads, seen, strict=True)], 1)
            for heads, each in ((self.BboxHead, 4), (self.ClassHead, 2))
        )
        return offsets, logits

    def by_statistics_of(self, batch: bool) -> Self:
        """The same network, normalising by a batch's own statistics or by those of the checkpoint, which stay."""
        for layer in self.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.training, layer.momentum = batch, 0.0
        return self


class Pyramid(nn.Module):
    """Three levels of features, each with what the coarser ones see."""

    def __init__(self, inputs: tuple[int, int, int], width: int) -> None:
        super().__init__()
        self.output1, self.output2, self.output3 = (_layer(channels, width, 1) for channels in inputs)
        self.merge1, self.merge2 = _layer(width, width, 3), _layer(width, width, 3)

    def forward(self, levels: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Fine, middle, coarse -> the same in ``width`` channels."""
        fine, middle, coarse = self.output1(levels[0]), self.output2(levels[1]), self.output3(levels[2])
        middle = self.merge2(middle + F.interpolate(coarse, size=middle.shape[-2:]))
        fine = self.merge1(fine + F.interpolate(middle, size=fine.shape[-2:]))
        return fine, middle, coarse


class Context(nn.Module):
    """Three widths of view side by side."""

    def __init__(self, width: int) -> None:
        super().__init__()
        half, quarter = width // 2, width // 4
        self.conv3X3 = _layer(width, half, 3, active=False)
        self.conv5X5_1 = _layer(width, quarter, 3)
        self.conv5X5_2 = _layer(quarter, quarter, 3, active=False)
        self.conv7X7_2 = _layer(quarter, quarter, 3)
        self.conv7x7_3 = _layer(quarter, quarter, 3, active=False)

    def forward(self, level: Tensor) -> Tensor:
        """``(N, width, h, w)`` -> the same shape."""
        wider = self.conv5X5_1(level)
        return F.relu(torch.cat((self.conv3X3(level), self.conv5X5_2(wider), self.conv7x7_3(self.conv7X7_2(wider))), 1))


class Head(nn.Module):
    """A linear map of each place."""

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.conv1x1 = nn.Conv2d(width, outputs, 1)

    def forward(self, level: Tensor) -> Tensor:
        """``(N, width, h, w)`` -> ``(N, h, w, outputs)``."""
        mapped: Tensor = self.conv1x1(level)
        return mapped.permute(0, 2, 3, 1).contiguous()


def _layer(inputs: int, outputs: int, side: int, active: bool = True) -> nn.Sequential:
    layers = [nn.Conv2d(inputs, outputs, side, padding=side // 2, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([nn.ReLU()] if active else []))
