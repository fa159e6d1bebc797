"""What is wrong with a clip at first sight: flat, black or frozen frames, borders of one colour.

Nothing here judges quality: each mark says that frames hold no picture, as they do where a network was asked for what
it cannot sample, where a precision was too small, or where a service answered with a placeholder.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLAT = 4
"""Levels of 255: a frame, a row or a column is of one colour whose levels are no further apart in any channel."""

BLACK = 10
"""Level of 255: a pixel is dark of which every channel is less."""

DARK = 0.99
"""Share of a frame's pixels: a frame is black of which more are dark."""

SAME = 2
"""Levels of 255: frames are the same whose pixels differ by no more, as an encoder leaves them."""

LONG = 0.5
"""Share of a clip's frames: as many the same in a row are a frozen clip."""

BORDER = 0.05
"""Share of a side: as many rows or columns of one colour at an edge are a border."""


@dataclass
class Look:
    """What is seen of a clip, frame by frame.

    Attributes:
        frames: how many were seen.
        flat: numbers of frames of one colour.
        black: numbers of frames without light.
        borders: ``top``, ``bottom``, ``left`` and ``right`` -> the fewest rows or columns of one colour of any frame
            that is not flat itself.
        longest: the most frames in a row that are the same.
    """

    frames: int = 0
    flat: list[int] = field(default_factory=list)
    black: list[int] = field(default_factory=list)
    borders: dict[str, int] = field(default_factory=dict)
    longest: int = 0
    _run: int = 0
    _last: NDArray[np.uint8] | None = None
    _size: tuple[int, int] = (0, 0)

    def see(self, frame: NDArray[np.uint8]) -> None:
        """Look at the next frame, ``(H, W, 3)`` uint8."""
        same = self._last is not None and _same(frame, self._last)
        self._run = self._run + 1 if same else 1
        self.longest = max(self.longest, self._run)
        self._size = frame.shape[0], frame.shape[1]
        planes = np.ascontiguousarray(frame.transpose(2, 0, 1))
        if _apart(planes, (1, 2)) <= FLAT:
            self.flat.append(self.frames)
        else:
            self._see_borders(planes)
        if (planes.max(axis=0) < BLACK).mean() > DARK:
            self.black.append(self.frames)
        self._last, self.frames = frame, self.frames + 1

    def _see_borders(self, planes: NDArray[np.uint8]) -> None:
        rows, columns = (_apart(planes, axis) <= FLAT for axis in (2, 1))
        edges = {"top": rows, "bottom": rows[::-1], "left": columns, "right": columns[::-1]}
        for edge, lines in edges.items():
            found = len(lines) if lines.all() else int(lines.argmin())
            self.borders[edge] = min(found, self.borders.get(edge, found))

    @property
    def flaws(self) -> list[str]:
        """What to mark, in words; nothing where the clip is a clip."""
        told = []
        if self.flat:
            told.append(f"flat: {_which(self.flat, self.frames)} of one colour")
        if self.black:
            told.append(f"black: {_which(self.black, self.frames)} without light")
        if self.frames > 1 and self.longest >= max(2, LONG * self.frames):
            told.append(f"frozen: {self.longest} of {self.frames} frames in a row are the same")
        sides = {"top": 0, "bottom": 0, "left": 1, "right": 1}
        wide = {edge: count for edge, count in self.borders.items() if count > BORDER * self._size[sides[edge]]}
        if wide:
            told.append(f"borders: {', '.join(f'{count} pixels at the {edge}' for edge, count in wide.items())}")
        return told


def looked(frames: Iterable[NDArray[np.uint8]]) -> Look:
    """A look at a whole clip, ``(H, W, 3)`` uint8 each frame, in order."""
    look = Look()
    for frame in frames:
        look.see(frame)
    return look


def flaws(frames: Iterable[NDArray[np.uint8]]) -> list[str]:
    """What is wrong with a clip.

    Args:
        frames: ``(H, W, 3)`` uint8 each, in order.

    Returns:
        A phrase for each kind of flaw, such as ``"frozen: 16 of 16 frames in a row are the same"``.
    """
    return looked(frames).flaws


def _apart(planes: NDArray[np.uint8], axis: int | tuple[int, int]) -> Any:
    """How far the levels are apart along axes, in the channel where they are furthest."""
    return (planes.max(axis=axis) - planes.min(axis=axis)).max(axis=0)


def _same(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    if one.shape != other.shape:
        return False
    apart = np.maximum(one, other) - np.minimum(one, other)
    return bool(apart.max() <= SAME)


def _which(numbers: list[int], frames: int) -> str:
    if len(numbers) == frames:
        return f"all {frames} frames are"
    return f"{len(numbers)} of {frames} frames, the first of them number {numbers[0]}, are"
