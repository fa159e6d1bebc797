"""Frames to a file: H.264 at a quality at which the codec is not what is measured."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from vbench.media.clip import Clip, Encoded
from vbench.media.video import Video

QUALITY = 10
"""x264's constant rate factor: far below what an eye, or a dimension, tells from the frames themselves."""

NO_LOOKAHEAD = "zerolatency"
"""Sampled videos are written without x264's look-ahead, in which the fault below lies."""

X264_DEFAULTS = {"x264-params": "asm=AVX2"} if torch.backends.cpu.get_cpu_capability() == "AVX512" else {}
"""What the reference writes its clips with, so that the same frames give the same bytes.

x264's routines for AVX-512 weigh the blocks of a picture whose width is no multiple of 256 by what lies behind them in
memory (its ``mbtree``), and write other bytes from call to call; with those for AVX2 it writes one and the same file,
which is among the others.
"""

SLICES = 128
"""Of a picture, at most: x264 cuts it into one for 64 rows where it has the threads. PyAV asks for a thread a core, and
so does the reference, whose clips are the same on all machines that have a core a slice; so are ours everywhere."""

LOSSLESS = {"qp": "0", "preset": "ultrafast"}
"""Of libx264rgb: the frames come back bit for bit."""


class Writer:
    """A file that takes frames one by one, so that a video of any length needs the memory of a few.

    Args:
        path: an ``.mp4`` file.
        fps: frames per second.
        options: :data:`X264_DEFAULTS` or :data:`LOSSLESS`. Frames of an odd size keep the colour of every pixel, as the
            usual halving of colour needs even sides.
    """

    def __init__(self, path: Path, fps: int, options: dict[str, str]) -> None:
        self.path, self.fps, self.options = path, fps, options
        self._container: Any = None
        self._stream: Any = None

    def add(self, frame: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        """Encode the next frame, ``(H, W, 3)`` uint8 RGB."""
        if self._container is None:
            self._open(*frame.shape[:2])
        self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))

    def _open(self, height: int, width: int) -> None:
        self._container = av.open(str(self.path), "w", format="mp4")
        lossless = self.options is LOSSLESS
        self._stream = self._container.add_stream("libx264rgb" if lossless else "libx264", rate=self.fps)
        self._stream.height, self._stream.width = height, width
        self._stream.pix_fmt = "rgb24" if lossless else "yuv444p" if height % 2 or width % 2 else "yuv420p"
        self._stream.options = self.options
        self._stream.thread_count = SLICES

    def close(self) -> None:
        """Finish the file; a second time does nothing."""
        if self._container is not None:
            self._container.mux(self._stream.encode())
            self._container.close()
            self._container = None


def write_clip(clip: Clip, path: Path) -> None:
    """Encode a clip; the same frames give the same bytes.

    Args:
        clip: sampled frames.
        path: an ``.mp4`` file.

    Raises:
        ValueError: the frames are not ``(T, H, W, 3)`` uint8, or there is none.
    """
    frames = clip.frames
    if frames.dtype != "uint8" or frames.ndim != 4 or frames.shape[3] != 3 or not len(frames):
        raise ValueError(f"expected (T, H, W, 3) uint8 frames, found {frames.shape} {frames.dtype}")
    write_frames(frames, clip.fps, path)


def write_frames(frames: Iterable[NDArray[np.uint8]], fps: float, path: Path) -> None:
    """The same, frame by frame.

    Args:
        frames: ``(H, W, 3)`` uint8 each, of one size; at least one.
        fps: frames per second.
        path: an ``.mp4`` file.
    """
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=Fraction(float(fps)).limit_denominator(1001))
        for number, frame in enumerate(frames):
            if not number:
                stream.height, stream.width = height, width = frame.shape[:2]
                stream.pix_fmt = "yuv444p" if height % 2 or width % 2 else "yuv420p"
                stream.options = {"crf": str(QUALITY), "tune": NO_LOOKAHEAD}
                stream.thread_count = 1
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


def write_picture(clip: Clip, path: Path) -> None:
    """Store a picture without loss; the same pixels give the same bytes.

    Args:
        clip: with one frame.
        path: a ``.png`` file.
    """
    Image.fromarray(clip.frames[0]).save(path, format="PNG")


def as_clip(video: Clip | Encoded) -> Clip:
    """The frames of a sampled video, decoded where it came as a file.

    Raises:
        VideoError: the file cannot be decoded.
    """
    if isinstance(video, Clip):
        return video
    source = Video(video.path)
    frames = [batch.permute(0, 2, 3, 1).numpy() for batch in source.batches()]
    return Clip(np.concatenate(frames), source.fps, video.facts)
