"""A flow estimator for tests: things move as many pixels as they get brighter."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor

from vbench.dimensions.backbones.base import FlowEstimator


class GreyFlow(FlowEstimator):
    """Flow to the right by the difference of grey levels; notes the levels that it was asked about."""

    name = "grey_flow"

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    @classmethod
    def load(cls, device: torch.device) -> Self:
        return cls()

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        self.asked.append((int(first[0, 0, 0, 0]), int(second[0, 0, 0, 0])))
        right = second[:, :1].float() - first[:, :1].float()
        return torch.cat((right, torch.zeros_like(right)), 1)
