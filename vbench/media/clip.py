"""A clip that was sampled: frames in memory, or a file that somebody else encoded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench.errors import VideoError
from vbench.files.json_file import refuse_surrogates

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_SIDE = 16384
"""Pixels of a frame's side that H.264 holds."""

SLOWEST, FASTEST = 1 / 1001, 2**31 - 1
"""Frames a second that a file holds."""


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


def refuse_malformed(video: Any) -> None:
    """Refuse what a generator of somebody else's gives and nobody can store.

    Raises:
        VideoError: with what was found and what was expected.
    """
    if not isinstance(video, Clip | Encoded):
        raise VideoError(f"the generator gave a {type(video).__name__}; expected a Clip or an Encoded")
    try:
        refuse_surrogates(json.loads(json.dumps(video.facts and dict(video.facts), allow_nan=False)))
    except (TypeError, ValueError, RecursionError) as error:
        raise VideoError(f"the generator's facts are no JSON: {error}") from error
    if isinstance(video, Encoded):
        return
    given: Any = video  # of which only somebody else's code says what it holds
    shape, kind = tuple(getattr(given.frames, "shape", ())), getattr(given.frames, "dtype", type(given.frames).__name__)
    if kind != "uint8" or len(shape) != 4 or shape[3] != 3 or not all(shape):
        raise VideoError(f"the generator gave frames {shape} {kind}; expected (T, H, W, 3) uint8, at least one")
    if given.is_picture:
        return
    if not is_rate(given.fps):
        raise VideoError(
            f"the generator gave {given.fps!r} frames a second; expected {SLOWEST:.4f} to {FASTEST}, or 0 of a picture"
        )
    if max(shape[1:3]) > LONGEST_SIDE:
        raise VideoError(
            f"the generator gave frames of {shape[2]}x{shape[1]}; a video holds sides of at most {LONGEST_SIDE} pixels"
        )


def is_rate(value: Any) -> bool:
    """Whether a file can have so many frames a second.

    >>> is_rate(23.976), is_rate(0), is_rate(1e10), is_rate(float("nan"))
    (True, False, False, False)
    """
    return isinstance(value, Real) and SLOWEST <= float(value) <= FASTEST
