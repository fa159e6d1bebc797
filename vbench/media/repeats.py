"""Where a video stands still to its end, and where it shows again what it has shown.

Each frame is a small grey picture of 8x8 means. Two frames are alike where these differ by less than two of 256 levels
on average; so the noise of a codec is no movement, and movement that 8x8 means do not show is not seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vbench.media.decode import Frame

SIDE = 8
TOLERANCE = 2.0
"""Levels of 256."""

SHORTEST = 1.0
"""Seconds that a stillness or a repetition lasts at least."""

MOST = 20_000
"""Frames that are compared with each other; of longer videos only every second, third ... is."""

Prints = NDArray[np.float32]


@dataclass
class Glances:
    """What is remembered of each frame of a video.

    Attributes:
        prints: ``(64,)`` float32 each.
    """

    prints: list[Prints] = field(default_factory=list)

    def add(self, frame: Frame) -> None:
        """Remember the next frame, ``(H, W, 3)`` uint8 RGB."""
        height, width = frame.shape[:2]
        rows, columns = _starts(height), _starts(width)
        sums: NDArray[Any] = np.add.reduceat(np.add.reduceat(frame.mean(2, dtype=np.float32), rows, 0), columns, 1)
        areas = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))
        self.prints.append((sums / areas).astype(np.float32).ravel())

    def said(self, fps: float) -> list[str]:
        """What is found, for people.

        Args:
            fps: frames per second.
        """
        if not self.prints:
            return []
        prints, found = np.stack(self.prints), []
        start = still_from(prints)
        if 0 < start <= len(prints) - SHORTEST * fps:
            found.append(f"stands still from {start / fps:.2f} s to its end at {len(prints) / fps:.2f} s")
        again = repeated(prints[: start + 1], max(2, round(SHORTEST * fps)))
        if again:
            first, second, length = again
            found.append(
                f"shows from {second / fps:.2f} s for {length / fps:.2f} s what it showed from {first / fps:.2f} s"
            )
        return found


def still_from(prints: Prints) -> int:
    """The first of the frames that are all like the last.

    Args:
        prints: ``(T, 64)``.
    """
    other = np.flatnonzero(np.abs(prints - prints[-1]).mean(1) >= TOLERANCE)
    return int(other[-1]) + 1 if len(other) else 0


def repeated(prints: Prints, shortest: int) -> tuple[int, int, int] | None:
    """The longest run of moving frames that comes twice, one after the other or later.

    Args:
        prints: ``(T, 64)``.
        shortest: frames that it has at least.

    Returns:
        Where it starts, where it starts again, and how many frames it has; ``None`` where nothing comes twice.
    """
    stride = 1 + len(prints) // MOST
    thin, least = prints[::stride], max(2, shortest // stride)
    best: tuple[int, int, int] | None = None
    for lag in range(least, len(thin) - least + 1):
        alike = np.abs(thin[lag:] - thin[:-lag]).mean(1) < TOLERANCE
        start, length = _longest(alike)
        longer = best is None or length > best[2]
        if length >= least and longer and _moves(thin[start : start + min(length, lag)]):
            best = start, start + lag, length
    return None if best is None else (best[0] * stride, best[1] * stride, best[2] * stride)


def _moves(prints: Prints) -> bool:
    """Whether a run shows something that changes; what stands still is like itself at any distance."""
    return bool(np.abs(prints - prints[0]).mean(1).max() >= 2 * TOLERANCE)


def _longest(flags: NDArray[np.bool_]) -> tuple[int, int]:
    """Start and length of the longest run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.view(np.int8), [0]))))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0
    place = int(np.argmax(ends - starts))
    return int(starts[place]), int(ends[place] - starts[place])


def _starts(length: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, length, SIDE, endpoint=False).astype(np.int64))
