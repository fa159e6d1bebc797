"""Windows by EfficientNet-Lite0: a proxy for the networks of distances that needs no download.

A window's vector is the mean of its frames' features and the mean of what changes from each frame to the next, so that
both what is shown and how much moves counts. Distances by it compare with nothing but themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Self

import torch
from torch import Tensor

from vbench.dimensions.backbones.base import FrameEmbedder, WindowEmbedder
from vbench.dimensions.backbones.efficientnet_lite import EfficientNetLite

WIDTH = 1280


class EfficientNetLiteWindows(WindowEmbedder):
    """What windows show and how it changes, by a network of pictures."""

    name: ClassVar[str] = "efficientnet_lite0_windows"
    extra: ClassVar[str] = "lite"
    layers: ClassVar[Mapping[str, int]] = MappingProxyType({"features": 2 * WIDTH})
    embedding: ClassVar[str] = "features"
    fewest: ClassVar[int] = 2
    resizing: ClassVar[str] = "crop"
    proxy: ClassVar[str] = "a small network of pictures stands in for I3D"

    def __init__(self, pictures: FrameEmbedder, device: torch.device) -> None:
        self.pictures, self.device = pictures, device

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read the weights from the package that carries them; see :meth:`Backbone.load` for the errors."""
        return cls(EfficientNetLite.load(device), device)

    def halve(self) -> bool:
        """See :class:`Backbone`; frames go together, windows one by one."""
        return self.pictures.halve()

    def look(self, windows: Tensor, resizing: str) -> dict[str, Tensor]:
        """``(N, T, 3, H, W)`` uint8 RGB -> ``features`` ``(N, 2560)`` float32 on the CPU.

        Frames are brought to the network's square by its own way, whatever ``resizing`` says.
        """
        found = []
        for window in windows:
            frames = self.pictures.embed(window)
            changes = (frames[1:] - frames[:-1]).abs()
            found.append(torch.cat([frames.mean(0), changes.mean(0)]))
        return {"features": torch.stack(found)}
