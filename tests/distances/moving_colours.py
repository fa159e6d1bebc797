"""A network of windows small enough to watch distances work: which colours there are, and how they move."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Self

import torch
from torch import Tensor

from vbench.dimensions import profiles
from vbench.dimensions.backbones.base import WindowEmbedder
from vbench.dimensions.backbones.squares import RESIZINGS

NAME = "moving_colours"


class MovingColours(WindowEmbedder):
    """Mean colours of four fields, and how they change."""

    name: ClassVar[str] = NAME
    layers: ClassVar[Mapping[str, int]] = MappingProxyType({"features": 24})
    embedding: ClassVar[str] = "features"
    classes: ClassVar[str] = "features"
    fewest: ClassVar[int] = 2
    resizing: ClassVar[str] = "bilinear"

    @classmethod
    def load(cls, device: torch.device) -> Self:
        return cls()

    def look(self, windows: Tensor, resizing: str) -> dict[str, Tensor]:
        note_look()
        small = RESIZINGS[resizing](windows.flatten(0, 1).float(), 2).reshape(*windows.shape[:2], -1) / 255
        return {"features": torch.cat([small.mean(1), (small[:, 1:] - small[:, :-1]).abs().mean(1)], 1)}


class Blank(MovingColours):
    """Sees nothing."""

    name: ClassVar[str] = "blank"

    def look(self, windows: Tensor, resizing: str) -> dict[str, Tensor]:
        return {"features": torch.full((len(windows), 24), 0.5)}


class Broken(MovingColours):
    """Divides by zero."""

    name: ClassVar[str] = "broken"

    def look(self, windows: Tensor, resizing: str) -> dict[str, Tensor]:
        return {"features": torch.full((len(windows), 24), torch.nan)}


class Narrow(MovingColours):
    """On a device that has room for so many windows."""

    name: ClassVar[str] = "narrow_colours"
    at_once_on_cpu: ClassVar[int] = 8
    room: ClassVar[int] = 2

    def look(self, windows: Tensor, resizing: str) -> dict[str, Tensor]:
        if self.at_once > self.room:
            raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {self.at_once} windows.")
        return super().look(windows, resizing)


def note_look() -> None:
    """Tell the test, across processes, that a video was looked at; take the time it asks for."""
    if log := os.environ.get("TOY_LOG"):
        with Path(log).open("a") as file:
            file.write("look\n")
    time.sleep(float(os.environ.get("TOY_SECONDS", "0")))


TABLE = {kind.name: f"{__name__}:{kind.__name__}" for kind in (MovingColours, Blank, Broken, Narrow)}


def bring() -> None:
    """Make it known in this process, as a package would that brings it."""
    profiles.BACKBONES.table = {**profiles.BACKBONES.table, **TABLE}
