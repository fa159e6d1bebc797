"""A clip that was sampled: frames in memory, or a file that somebody else encoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Clip:
    """Sampled frames.

    Attributes:
        frames: ``(T, H, W, 3)`` uint8, RGB.
        fps: frames per second; 0 of a picture, which is one frame and has no rate.
        facts: what else is known of it, for the manifest.
    """

    frames: NDArray[np.uint8]
    fps: float
    facts: Mapping[str, Any] | None = None

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture and no video."""
        return self.fps == 0 and len(self.frames) == 1


@dataclass(frozen=True)
class Encoded:
    """A sampled video that came as a file; it is kept as it is, byte by byte.

    Attributes:
        path: where it lies.
        borrowed: whether it belongs to somebody else, and is copied instead of moved.
        facts: what else is known of it, for the manifest.
    """

    path: Path
    borrowed: bool = False
    facts: Mapping[str, Any] | None = None
