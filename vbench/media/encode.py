"""Frames to a file: H.264 at a quality at which the codec is not what is measured."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from vbench.media.clip import Clip, Encoded
from vbench.media.video import Video

QUALITY = 10
"""x264's constant rate factor: far below what an eye, or a dimension, tells from the frames themselves."""

NO_LOOKAHEAD = "zerolatency"
"""With its look-ahead x264 writes other bytes now and then, for the same frames of small videos."""


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
    height, width = frames.shape[1:3]
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=Fraction(clip.fps).limit_denominator(1001))
        stream.height, stream.width = height, width
        stream.pix_fmt = "yuv444p" if height % 2 or width % 2 else "yuv420p"
        stream.options = {"crf": str(QUALITY), "tune": NO_LOOKAHEAD}
        stream.thread_count = 1
        for frame in frames:
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
    return Clip(np.concatenate(frames), source.fps)
