"""Videos for ballots: the same pictures in a new container, so that no byte of it says whose they are.

A copy has neither the name, the size, the tags nor the digest of the video that it is made from, and no other copy has
its digest. Its pictures are those of the original: whoever has the original before their eyes may know them again.
"""

from __future__ import annotations

import hashlib
import io
import struct

import av
from av.bitstream import BitStreamFilterContext

from vbench.errors import VideoError

STEP = 1 << 16
"""Bytes; both videos of a pair are filled up to the same multiple of it."""

FILTERS = {"h264": "filter_units=remove_types=6", "hevc": "filter_units=remove_types=39|40"}
"""What takes an encoder's remarks out of a stream, by codec."""

TAGLESS = {"fflags": "+bitexact"}
"""What keeps the muxer from writing its own name and version."""

_HEADER = 8
"""Bytes of an MP4 box before its content."""


def rewrapped_pair(first: bytes, second: bytes, seed: bytes) -> tuple[bytes, bytes]:
    """New copies of two videos, of one size; the same for one seed, so that parts may be asked for one by one.

    Args:
        first: a video.
        second: another.
        seed: secret; of another one the copies are others.

    Raises:
        VideoError: one of them is no video.
    """
    copies = rewrapped(first), rewrapped(second)
    size = -(-(max(map(len, copies)) + _HEADER) // STEP) * STEP
    return _filled(copies[0], size, seed + b"1"), _filled(copies[1], size, seed + b"2")


def rewrapped(content: bytes) -> bytes:
    """The first video stream of a file, its packets as they are, in an MP4 container without tags.

    Raises:
        VideoError: it is no video.
    """
    made = io.BytesIO()
    try:
        with av.open(io.BytesIO(content), "r") as source, av.open(made, "w", format="mp4", options=TAGLESS) as target:
            old = source.streams.video[0]
            new = target.add_stream_from_template(old)
            new.metadata.clear()
            kept = FILTERS.get(old.codec_context.name)
            strip = BitStreamFilterContext(kept, old, new) if kept else None
            for packet in source.demux(old):
                if packet.dts is None:
                    continue
                for part in strip.filter(packet) if strip else [packet]:
                    part.stream = new
                    target.mux(part)
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise VideoError(f"It cannot be read as a video: {error}") from error
    return made.getvalue()


def _filled(content: bytes, size: int, seed: bytes) -> bytes:
    """With a box at the end that players skip, of bytes that only the seed's owner could foresee."""
    room = size - len(content)
    return content + struct.pack(">I4s", room, b"free") + hashlib.shake_256(seed).digest(room - _HEADER)


def is_readable(content: bytes) -> bool:
    """Whether a new copy of a video can be made."""
    try:
        return bool(rewrapped(content))
    except VideoError:
        return False
