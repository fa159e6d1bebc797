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
        fps: frames per second.
        facts: what else is known of it, for the manifest.
    """

    frames: NDArray[np.uint8]
    fps: float
    facts: Mapping[str, Any] | None = None


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
