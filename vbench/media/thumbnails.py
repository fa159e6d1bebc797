"""Small strips of a video's frames, for a page to play without the video.

A strip is one WebP image with the frames side by side; a page shows one frame's width of it and moves it on.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from vbench.errors import MissingExtra, VideoError
from vbench.media.veil import VeiledVideo
from vbench.media.video import Video, middle_indices

FRAMES = 8
WIDTH, HEIGHT = 120, 90
"""A frame is made to fit in here, in pixels."""

QUALITY = 40
"""Of WebP, 0..100."""

SECONDS = (0.5, 4.0)
"""Shortest and longest time in which a strip is played; a video between them keeps its own speed."""


@dataclass(frozen=True)
class Strip:
    """Frames of one video.

    Attributes:
        data: the image as a ``data:`` address.
        frames: how many lie side by side.
        width: of one frame, in pixels.
        height: of one frame, in pixels.
        seconds: in which they are played.
    """

    data: str
    frames: int
    width: int
    height: int
    seconds: float


def strip(path: Path, veiled: bool = False) -> Strip:
    """The strip of a video, its frames spread evenly over time.

    Args:
        path: of the video.
        veiled: whether its pictures are blurred.

    Raises:
        VideoError: the video is not there or cannot be decoded.
    """
    video = VeiledVideo(path) if veiled else Video(path)
    total, (full_height, full_width) = video.facts.frames or video.frame_count, video.size
    scale = min(WIDTH / full_width, HEIGHT / full_height)
    width, height = (max(1, round(scale * side)) for side in (full_width, full_height))
    indices = sorted(set(middle_indices(total, FRAMES)))
    frames = video.scaled_frames(indices, height, width).permute(2, 0, 3, 1)
    image = Image.fromarray(frames.reshape(height, len(indices) * width, 3).numpy())
    encoded = io.BytesIO()
    image.save(encoded, format="webp", quality=QUALITY)
    data = f"data:image/webp;base64,{base64.b64encode(encoded.getvalue()).decode()}"
    shortest, longest = SECONDS
    seconds = min(max(total / video.fps, shortest), longest)
    return Strip(data, len(indices), width, height, round(seconds, 2))


def strips(paths: Iterable[Path], limit: int, veiled: Collection[Path] = ()) -> Iterator[tuple[Path, Strip | str]]:
    """Strips of as many videos as fit, the first ones first; of the others, why there is none.

    Args:
        paths: in the order of their importance; each is looked at once.
        limit: bytes of all strips together.
        veiled: those of which pictures are blurred.
    """
    used = 0
    for path in dict.fromkeys(paths):
        if used >= limit:
            yield path, "no picture: the report is full"
            continue
        try:
            made = strip(path, path in veiled)
        except (VideoError, MissingExtra) as error:
            yield path, "the video is no longer there" if not path.exists() else f"no picture: {error}"
            continue
        used += len(made.data)
        yield path, made
