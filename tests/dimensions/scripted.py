"""A describer for tests: what it sees depends on how grey a frame is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import torch
from torch import Tensor

from vbench.dimensions.backbones.base import RegionDescriber, Regions, Wording

Sight = tuple[tuple[float, float, float, float], str, str]
"""A box, its label, its caption."""


class Scripted(RegionDescriber):
    """Sees what it was told for a grey level; notes the frames and the wordings that it was asked about."""

    name = "scripted"

    def __init__(self, sights: Mapping[int, Sequence[Sight]]) -> None:
        self.sights = sights
        self.frames: list[Tensor] = []
        self.wordings: list[tuple[Wording, ...]] = []

    @classmethod
    def load(cls, device: torch.device) -> Self:
        return cls({})

    def find(self, frames: Tensor) -> list[Regions]:
        self.frames += list(frames)
        levels = [round(float(frame.float().mean())) for frame in frames]
        return [self._regions(level, [box for box, _, _ in self.sights.get(level, ())]) for level in levels]

    def describe(self, regions: Regions, wordings: Sequence[Wording]) -> Mapping[Wording, tuple[str, ...]]:
        self.wordings.append(tuple(wordings))
        sights = [self.sights[level][number] for level, number in regions.features.tolist()]
        texts: dict[Wording, tuple[str, ...]] = {
            "label": tuple(label for _, label, _ in sights),
            "caption": tuple(caption for _, _, caption in sights),
        }
        return {wording: texts[wording] for wording in wordings}

    @staticmethod
    def _regions(level: int, boxes: Sequence[tuple[float, ...]]) -> Regions:
        count = len(boxes)
        features = torch.tensor([(level, number) for number in range(count)], dtype=torch.long).view(-1, 2)
        return Regions(torch.tensor(boxes).view(-1, 4), torch.full((count,), 0.75), features)
