"""A sampled video as frames: decoded on demand, uint8 RGB, within a memory budget.

Pixels are those of the reference's decoders (PyAV's plain rgb24 conversion equals decord's and OpenCV's on
every frame that was compared). Frames stay in memory while they fit the budget; a longer video is decoded
again on each pass, so that length costs time and never memory.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import av
import numpy as np
from PIL import Image, ImageSequence, UnidentifiedImageError

from vbench.errors import VideoError

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")
Frame = np.ndarray[Any, np.dtype[np.uint8]]

CONTAINERS = (".mp4", ".mov", ".webm", ".mkv", ".avi", ".m4v")
STILLS = (".png", ".jpg", ".jpeg")
SUFFIXES = (*CONTAINERS, ".gif", *STILLS)

DEFAULT_BUDGET = 512 * 2**20
"""Bytes of decoded frames that are kept, per video."""

ASSUMED_FPS = 8.0
"""Frames per second of a still or of a folder of frames, which state none."""


@dataclass(frozen=True)
class VideoFacts:
    """What a file says of itself without being decoded.

    Attributes:
        frames: number of frames as the container states it; 0 where it states none.
        fps: frames per second.
        height: in pixels.
        width: in pixels.
    """

    frames: int
    fps: float
    height: int
    width: int

    def described(self) -> str:
        """The facts for people."""
        return f"{self.width}x{self.height}, {self.fps:g} fps, {self.frames or 'unknown number of'} frames"


def is_video(path: Path) -> bool:
    """Whether a path is something that :class:`Video` reads, judged by its name (or, for a folder, its files)."""
    if path.is_dir():
        return any(_stills(path))
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


def probe(path: Path) -> VideoFacts:
    """Open a file, read its header and decode its first frame.

    Raises:
        VideoError: it cannot be opened, holds no video, is cut off, or its first frame does not decode.
    """
    first = next(_decode(path), None)
    if first is None:
        raise VideoError(f"{path} holds no frame")
    height, width = first.shape[:2]
    return VideoFacts(_stated_frames(path), _fps(path), height, width)


class Video:
    """One sampled video.

    Args:
        path: a video, an animated GIF, a still (one frame), or a folder of stills in the order of their names.
        budget: bytes of decoded frames to keep in memory.
    """

    def __init__(self, path: str | Path, budget: int = DEFAULT_BUDGET) -> None:
        self.path = Path(path)
        self.budget = budget
        self._kept: list[Frame] | None = None
        self._count: int | None = None
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
        if self._count is None:
            for _ in self._frames():
                pass
        assert self._count is not None
        return self._count

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

    def scaled_frames(self, indices: Sequence[int], height: int, width: int) -> Tensor:
        """The same, scaled while the stored pixel format is converted: ``(n, 3, height, width)`` uint8.

        A bilinear FFmpeg scaler that goes straight from the stored format to rgb24, which is what decord does
        when it is asked for a size. Stills are scaled bilinearly from RGB.
        """
        if self.path.suffix.lower() in CONTAINERS:
            frames = _decode_container(self.path, scale=(height, width))
        else:
            frames = (_scaled(frame, height, width) for frame in self._frames())
        return _tensor(_pick(frames, indices, self.path))

    def _frames(self) -> Iterator[Frame]:
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[Frame] | None = []
        used = count = 0
        for frame in _decode(self.path):
            count += 1
            used += frame.nbytes
            if kept is not None:
                kept.append(frame)
            if used > self.budget:
                kept = None
            yield frame
        if not count:
            raise VideoError(f"{self.path} holds no frame")
        self._kept, self._count = kept, count


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


def _decode(path: Path) -> Iterator[Frame]:
    """Every frame of a path as ``(H, W, 3)`` uint8 RGB."""
    if path.is_dir():
        return _of_one_size((_still(still) for still in _stills(path)), path)
    if not path.is_file():
        raise VideoError(f"{path} does not exist")
    suffix = path.suffix.lower()
    if suffix in CONTAINERS:
        return _of_one_size(_decode_container(path), path)
    if suffix == ".gif":
        return _decode_gif(path)
    if suffix in STILLS:
        return iter([_still(path)])
    raise VideoError(f"{path} is not a video: expected {', '.join(SUFFIXES)} or a folder of stills")


def _of_one_size(frames: Iterable[Frame], path: Path) -> Iterator[Frame]:
    shape = None
    for index, frame in enumerate(frames):
        shape = shape or frame.shape
        if frame.shape != shape:
            raise VideoError(f"{path} changes its size at frame {index}: {frame.shape[:2]} after {shape[:2]}")
        yield frame


def _decode_container(path: Path, scale: tuple[int, int] | None = None) -> Iterator[Frame]:
    try:
        with av.open(str(path)) as container:
            stream = _video_stream(container, path)
            _refuse_if_cut_off(stream, path)
            stream.thread_type = "AUTO"
            convert = _scaler(stream, *scale) if scale else _to_rgb
            for frame in container.decode(stream):
                yield convert(frame)
    except av.error.FFmpegError as error:
        raise VideoError(f"{path} cannot be decoded: {error.strerror or error}") from error


def _video_stream(container: Any, path: Path) -> Any:
    if not container.streams.video:
        raise VideoError(f"{path} holds no video stream")
    return container.streams.video[0]


def _refuse_if_cut_off(stream: Any, path: Path) -> None:
    """An index that points behind the end of the file tells a truncated copy, before any frame is lost silently."""
    size = path.stat().st_size
    beyond = sum(entry.pos + entry.size > size for entry in stream.index_entries)
    if beyond:
        raise VideoError(f"{path} is cut off: {beyond} of its {len(stream.index_entries)} frames lie behind its end")


def _to_rgb(frame: av.VideoFrame) -> Frame:
    return np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)


def _scaler(stream: Any, height: int, width: int) -> Callable[[av.VideoFrame], Frame]:
    graph = av.filter.Graph()
    chain = [
        graph.add_buffer(template=stream),
        graph.add("scale", f"{width}:{height}:flags=bilinear"),
        graph.add("format", "rgb24"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*chain).configure()

    def convert(frame: av.VideoFrame) -> Frame:
        graph.push(frame)
        return np.asarray(graph.pull().to_ndarray(), dtype=np.uint8)

    return convert


def _decode_gif(path: Path) -> Iterator[Frame]:
    try:
        with Image.open(path) as image:
            for frame in ImageSequence.Iterator(image):
                yield np.array(frame.convert("RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise VideoError(f"{path} cannot be decoded: {error}") from error


def _still(path: Path) -> Frame:
    try:
        with Image.open(path) as image:
            return np.array(image.convert("RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise VideoError(f"{path} cannot be decoded: {error}") from error


def _scaled(frame: Frame, height: int, width: int) -> Frame:
    return np.array(Image.fromarray(frame).resize((width, height), Image.Resampling.BILINEAR))


def _stills(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in STILLS)


def _stated_frames(path: Path) -> int:
    if path.is_dir():
        return len(_stills(path))
    suffix = path.suffix.lower()
    if suffix == ".gif":
        with Image.open(path) as image:
            return int(getattr(image, "n_frames", 1))
    if suffix in STILLS:
        return 1
    with av.open(str(path)) as container:
        return container.streams.video[0].frames


def _fps(path: Path) -> float:
    suffix = path.suffix.lower()
    if suffix == ".gif":
        with Image.open(path) as image:
            milliseconds = image.info.get("duration") or 100
        return 1000 / milliseconds
    if suffix not in CONTAINERS:
        return ASSUMED_FPS
    with av.open(str(path)) as container:
        rate: Fraction | None = container.streams.video[0].guessed_rate
    if not rate:
        raise VideoError(f"{path} states no frame rate")
    return float(rate)
