"""A sampled video as frames: decoded on demand, uint8 RGB, within a memory budget.

Frames stay in memory while they fit the budget; a longer video is decoded again on each pass, so that length costs time
and never memory. How a file becomes frames stands in :mod:`vbench.media.decode`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from vbench.errors import VideoError
from vbench.files.remote import located
from vbench.media.decode import (
    CONTAINERS,
    STILLS,
    SUFFIXES,
    Frame,
    Health,
    VideoFacts,
    decode,
    packets,
    probe,
    stills_of,
)

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["CONTAINERS", "STILLS", "SUFFIXES", "Video", "VideoFacts", "is_video", "middle_indices", "probe"]

T = TypeVar("T")

DEFAULT_BUDGET = 512 * 2**20
"""Bytes of decoded frames that are kept, per video."""


def is_video(path: Path) -> bool:
    """Whether a path is something that :class:`Video` reads, judged by its name (or, for a folder, its files)."""
    if path.is_dir():
        return bool(stills_of(path))
    return path.suffix.lower() in SUFFIXES


def middle_indices(total: int, count: int) -> list[int]:
    """The middle frames of ``count`` equal parts of ``total`` frames, as the reference picks them.

    A video of fewer than ``count`` frames gives each of its frames once and repeats the last.

    >>> middle_indices(32, 4)
    [3, 11, 19, 27]
    >>> middle_indices(2, 4)
    [0, 1, 1, 1]
    """
    borders = np.linspace(0, total, min(count, total) + 1).astype(int)
    chosen = [int(start + end - 1) // 2 for start, end in pairwise(borders)]
    return chosen + chosen[-1:] * (count - len(chosen))


class Video:
    """One sampled video.

    Args:
        path: a video, an animation, a still (one frame), or a folder of stills in the order of their numbers; or the
            address of one, such as ``s3://bucket/video.mp4``.
        budget: bytes of decoded frames to keep in memory.
    """

    def __init__(self, path: str | Path, budget: int = DEFAULT_BUDGET) -> None:
        self.path = located(path)
        self.budget = budget
        self._kept: list[Frame] | None = None
        self._health: Health | None = None
        self._so_far = Health()
        self._facts: VideoFacts | None = None
        self._memo: dict[Hashable, Any] = {}

    def __repr__(self) -> str:
        return f"Video({str(self.path)!r})"

    @property
    def facts(self) -> VideoFacts:
        """Size and rate, without decoding more than one frame."""
        if self._facts is None:
            self._facts = probe(self.path)
        return self._facts

    @property
    def fps(self) -> float:
        """Frames per second."""
        return self.facts.fps

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.facts.height, self.facts.width

    @property
    def frame_count(self) -> int:
        """Number of frames that decode (not what the header states)."""
        return self._looked_through().frames

    @property
    def damage(self) -> str:
        """What is wrong with the file although it decodes, for people; ``""`` where nothing is."""
        return self._looked_through().damage()

    def damage_between(self, start: int, end: int) -> str:
        """What is wrong with the frames from ``start`` to before ``end``, which were gone through before."""
        return (self._health or self._so_far).of(start, end).damage()

    @property
    def bytes_foreseen(self) -> int:
        """What all frames take, as far as the file tells without being decoded."""
        facts = self.facts
        count = facts.frames or (packets(self.path) if self.path.suffix.lower() in CONTAINERS else 0)
        return count * facts.height * facts.width * 3

    @property
    def stays_in_memory(self) -> bool:
        """Whether all frames fit the budget, as far as the file tells without being decoded."""
        return self.bytes_foreseen <= self.budget

    def decode_whole(self) -> None:
        """Go through all frames now; those of a video that fits the budget are kept."""
        self._looked_through()

    def one_after_the_other(self) -> Iterator[Frame]:
        """All frames as they were decoded, ``(H, W, 3)`` uint8 RGB."""
        yield from self._frames()

    def _looked_through(self) -> Health:
        if self._health is None:
            for _ in self._frames():
                pass
        assert self._health is not None
        return self._health

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """Keep what ``make`` returns for as long as this video is visited, so that dimensions share it."""
        if key not in self._memo:
            self._memo[key] = make()
        value: T = self._memo[key]
        return value

    def batches(self, size: int = 8, step: int = 1) -> Iterator[Tensor]:
        """Frames 0, step, 2 step, ... as ``(n, 3, H, W)`` uint8 with n at most ``size``."""
        frames = islice(self._frames(), 0, None, step)
        while batch := list(islice(frames, size)):
            yield _tensor(batch)

    def windows(self, length: int, stride: int = 1, step: int = 1) -> Iterator[Tensor]:
        """Runs of ``length`` neighbours, each starting ``stride`` after the one before: ``(length, 3, H, W)`` uint8.

        Neighbours are ``step`` frames apart; a run that the video cannot fill is left out.
        """
        run: list[Frame] = []
        for frame in islice(self._frames(), 0, None, step):
            run.append(frame)
            if len(run) == length:
                yield _tensor(run)
                run = run[stride:]

    def frames(self, indices: Sequence[int]) -> Tensor:
        """The frames of these indices, in this order, repeats allowed: ``(n, 3, H, W)`` uint8."""
        return _tensor(_pick(self._frames(), indices, self.path))

    def one_by_one(self, indices: Sequence[int]) -> Iterator[Tensor]:
        """The frames of these rising indices, one after the other: ``(3, H, W)`` uint8; none is held for long."""
        coming = enumerate(self._frames())
        for wanted in indices:
            for index, frame in coming:
                if index == wanted:
                    yield _tensor([frame])[0]
                    break
            else:
                raise VideoError(f"{self.path} has no frame {wanted}")

    def scaled_frames(self, indices: Sequence[int], height: int, width: int) -> Tensor:
        """The same, scaled while the stored pixel format is converted: ``(n, 3, height, width)`` uint8.

        A bilinear FFmpeg scaler that goes straight from the stored format to rgb24, which is what decord does
        when it is asked for a size. Stills are scaled bilinearly from RGB.
        """
        return _tensor(_pick(decode(self.path, scale=(height, width)), indices, self.path))

    def _frames(self) -> Iterator[Frame]:
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[Frame] | None = []
        used = 0
        self._so_far = health = Health()
        for frame in decode(self.path, health=health):
            used += frame.nbytes
            if kept is not None:
                kept.append(frame)
            if used > self.budget:
                kept = None
            yield frame
        self._kept, self._health = kept, health


def _tensor(frames: Sequence[Frame]) -> Tensor:
    import torch

    return torch.stack([torch.from_numpy(frame) for frame in frames]).permute(0, 3, 1, 2).contiguous()


def _pick(frames: Iterable[Frame], indices: Sequence[int], path: Path) -> list[Frame]:
    wanted, found = set(indices), {}
    for index, frame in enumerate(frames):
        if index in wanted:
            found[index] = frame
            if len(found) == len(wanted):
                break
    if len(found) < len(wanted):
        raise VideoError(f"{path} has no frame {max(wanted)}")
    return [found[index] for index in indices]
