"""A small copy of a video that every browser plays, whatever container, codec or folder of stills it came from."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av

from vbench.media.video import Video

LONGEST_SIDE = 640
"""Of the copy, in pixels; smaller videos keep their size."""

OPTIONS = {"crf": "24", "b": "0", "deadline": "realtime", "cpu-used": "8"}
"""Of VP9: a quality that shows flaws, at a speed that does not keep anybody waiting."""


def size_of_copy(height: int, width: int, longest: int = LONGEST_SIDE) -> tuple[int, int]:
    """Height and width, both even, with the longest side within a limit.

    >>> size_of_copy(720, 1280)
    (360, 640)
    >>> size_of_copy(33, 65)
    (34, 66)
    """
    scale = min(1.0, longest / max(height, width))
    return max(2, 2 * round(scale * height / 2 + 0.01)), max(2, 2 * round(scale * width / 2 + 0.01))


def preview(video: Video) -> bytes:
    """All frames of a video at its rate, as WebM.

    Raises:
        VideoError: the video is not there or cannot be decoded.
    """
    height, width = size_of_copy(*video.size)
    content = io.BytesIO()
    with av.open(content, "w", format="webm") as container:
        stream: Any = container.add_stream("libvpx-vp9", rate=Fraction(video.fps).limit_denominator(1001))
        stream.height, stream.width, stream.pix_fmt, stream.options = height, width, "yuv420p", OPTIONS
        for batch in video.batches():
            for frame in batch.permute(0, 2, 3, 1).numpy():
                whole = av.VideoFrame.from_ndarray(frame, format="rgb24")
                container.mux(stream.encode(whole.reformat(width, height, "yuv420p")))
        container.mux(stream.encode())
    return content.getvalue()
