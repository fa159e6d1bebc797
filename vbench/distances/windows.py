"""Which windows of which videos are compared, and their frames as a protocol wants them.

Videos are taken by their names relative to their folder, and what is random is drawn by seed and name: neither another
video beside it nor the order, the number of workers or the point where a run was resumed can change a window.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from vbench.distances.protocols import Protocol, Side
from vbench.errors import VBenchError, VideoError
from vbench.media.apart import Apart
from vbench.media.clips import length_of
from vbench.media.decode import Frame, decode, probe
from vbench.runs.discover import discover, shown


@dataclass(frozen=True)
class Found:
    """A video of a folder, before it is decoded.

    Attributes:
        path: where it lies.
        name: relative to the folder, with forward slashes.
        frames: how many it has.
        height: in pixels.
        width: in pixels.
    """

    path: Path
    name: str
    frames: int
    height: int
    width: int


@dataclass(frozen=True)
class Chosen:
    """The windows of one video.

    Attributes:
        video: the video.
        starts: first frames of its windows.
    """

    video: Found
    starts: tuple[int, ...]


@dataclass(frozen=True)
class Choice:
    """What is taken from a folder.

    Attributes:
        root: the folder.
        taken: videos with their windows, by name.
        short: names of videos that are too short for a window -> frames that they have.
        unreadable: names of videos that cannot be opened -> why.
        beyond: how many more videos there are than were wanted.
    """

    root: Path
    taken: tuple[Chosen, ...]
    short: dict[str, int]
    unreadable: dict[str, str]
    beyond: int

    @property
    def sizes(self) -> set[tuple[int, int]]:
        """Heights and widths of the frames."""
        return {(one.video.height, one.video.width) for one in self.taken}


def choose(root: Path, side: Side) -> Choice:
    """The videos of a folder that are compared, and where their windows start.

    Raises:
        UsageError: the folder is not there or cannot be opened.
    """
    found, short, unreadable = list[Found](), dict[str, int](), dict[str, str]()
    discovery = discover(root)
    with Apart() as apart:
        for path in discovery.videos:
            name = shown(path, discovery.root)
            try:
                video = apart(_found, path, name)
            except VBenchError as error:
                unreadable[name] = str(error)
                continue
            if video.frames < side.length:
                short[name] = video.frames
            else:
                found.append(video)
    ranked = sorted(found, key=lambda video: video.name)
    if side.choice == "random":
        ranked.sort(key=lambda video: drawn(side.seed, "choice", video.name))
    taken = ranked[: side.samples or len(ranked)]
    taken.sort(key=lambda video: video.name)
    windows = tuple(Chosen(video, starts_of(video, side)) for video in taken)
    return Choice(discovery.root, windows, short, unreadable, len(ranked) - len(taken))


def _found(path: Path, name: str) -> Found:
    facts = probe(path)
    return Found(path, name, length_of(path), facts.height, facts.width)


def starts_of(video: Found, side: Side) -> tuple[int, ...]:
    """Where the windows of a video start.

    >>> side = Side(frames=8, stride=2, start="every", samples=0, choice="random", seed=0)
    >>> starts_of(Found(Path("a"), "a", 50, 64, 64), side)
    (0, 16, 32)
    """
    if side.start == "every":
        return tuple(range(0, video.frames - side.length + 1, side.length))
    if side.start == "first":
        return (0,)
    places = video.frames - (side.frames - 1) * side.stride
    return (drawn(side.seed, "start", video.name) % places,)


def drawn(seed: int, what: str, name: str) -> int:
    """A number that looks random and is the same on every machine."""
    return int.from_bytes(hashlib.sha256(f"{seed}\n{what}\n{name}".encode()).digest()[:8], "big")


def windows_of(
    path: Path, starts: Sequence[int], frames: int, stride: int, fitted: Callable[[Frame], Frame]
) -> Iterator[Frame]:
    """Windows of a video in the order of their starts, one in memory at a time; they must not overlap.

    Args:
        path: of the video.
        starts: first frames, rising.
        frames: of a window.
        stride: from one of its frames to the next.
        fitted: makes a frame what the protocol wants.

    Yields:
        ``(frames, H, W, 3)`` uint8 RGB.

    Raises:
        VideoError: the video cannot be decoded, or ends too early.
        Unavailable: it could not be read.
    """
    wanted = [start + place * stride for start in starts for place in range(frames)]
    kept: list[Frame] = []
    waiting = iter(wanted)
    next_one = next(waiting, None)
    for index, frame in enumerate(decode(path)):
        if next_one is None:
            break
        if index != next_one:
            continue
        kept.append(fitted(frame))
        if len(kept) == frames:
            yield np.stack(kept)
            kept = []
        next_one = next(waiting, None)
    if next_one is not None:
        raise VideoError(f"{path} ends before frame {next_one}, where its windows need {wanted[-1] + 1} frames")


def fitting(protocol: Protocol) -> Callable[[Frame], Frame]:
    """What makes a decoded frame what a protocol wants: ``(H, W, 3)`` uint8 RGB -> the same of another size."""

    def fitted(frame: Frame) -> Frame:
        scaled = _SCALES[protocol.fit](frame, protocol.size) if protocol.fit else frame
        return _as_jpeg(scaled, int(protocol.coding.removeprefix("jpeg-"))) if protocol.coding else scaled

    return fitted


def _crop_lanczos(frame: Frame, size: int) -> Frame:
    square = Image.fromarray(_middle(frame, min(frame.shape[:2])))
    return np.array(square.resize((size, size), Image.Resampling.LANCZOS))


def _lanczos_crop(frame: Frame, size: int) -> Frame:
    height, width = frame.shape[:2]
    longer = int(size * max(height, width) / min(height, width))
    scaled = (size, longer) if height <= width else (longer, size)
    return _middle(np.array(Image.fromarray(frame).resize(scaled[::-1], Image.Resampling.LANCZOS)), size)


def _middle(frame: Frame, side: int) -> Frame:
    """The middle square of ``(H, W, 3)``; where a margin is odd, half of it is rounded to even, as torchvision does."""
    top, left = (round((length - side) / 2) for length in frame.shape[:2])
    return frame[top : top + side, left : left + side]


def _antialias_crop(frame: Frame, size: int) -> Frame:
    import torch

    from vbench.dimensions.backbones.squares import middle_of_covering

    pixels = torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255
    square = middle_of_covering(pixels, size, smooth=True)[0] * 255
    return np.ascontiguousarray(square.to(torch.uint8).permute(1, 2, 0).numpy())


_SCALES: Mapping[str, Callable[[Frame, int], Frame]] = {
    "crop-lanczos": _crop_lanczos,
    "lanczos-crop": _lanczos_crop,
    "antialias-crop": _antialias_crop,
}


def _as_jpeg(frame: Frame, quality: int) -> Frame:
    file = io.BytesIO()
    Image.fromarray(frame).save(file, format="JPEG", quality=quality)
    return np.array(Image.open(file))
