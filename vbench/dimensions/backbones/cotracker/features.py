"""CoTracker's eye: a residual convolutional network whose four scales are read together, at a quarter of the size."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDE = 4
"""Pixels of a frame for one place of its features."""

CHANNELS = 128
"""Of a place."""


class FeatureNet(nn.Module):
    """Features of frames, under the published names."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, CHANNELS // 2, 7, stride=2, padding=3)
        self.layer1 = _stage(64, 64, stride=1)
        self.layer2 = _stage(64, 96, stride=2)
        self.layer3 = _stage(96, CHANNELS, stride=2)
        self.layer4 = _stage(CHANNELS, CHANNELS, stride=2)
        self.conv2 = nn.Conv2d(64 + 96 + 2 * CHANNELS, 2 * CHANNELS, 3, padding=1)
        self.conv3 = nn.Conv2d(2 * CHANNELS, CHANNELS, 1)

    def forward(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` float32 in [-1, 1] -> ``(N, 128, H / 4, W / 4)``."""
        size = [side // STRIDE for side in frames.shape[-2:]]
        seen = F.instance_norm(self.conv1(frames)).relu()
        scales = []
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            seen = stage(seen)
            scales.append(F.interpolate(seen, size, mode="bilinear", align_corners=True))
        together = F.instance_norm(self.conv2(torch.cat(scales, 1))).relu()
        found: Tensor = self.conv3(together)
        return found


class _Residual(nn.Module):
    """Two convolutions added to what came in; instance norm has no parameters."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride)) if stride > 1 else None

    def forward(self, seen: Tensor) -> Tensor:
        changed = F.instance_norm(self.conv1(seen)).relu()
        changed = F.instance_norm(self.conv2(changed)).relu()
        kept = F.instance_norm(self.downsample(seen)) if self.downsample else seen
        return (kept + changed).relu()


def _stage(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(_Residual(inputs, outputs, stride), _Residual(outputs, outputs, 1))
