"""Videos as nobody expects them: other rates, ways up, pixel formats and streams, made by FFmpeg where a test runs."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from PIL import Image

from tests.footage import Frames, noise

MILLISECOND = Fraction(1, 1000)

Make = Callable[[Path], Path]


def encoded(
    path: Path,
    frames: Frames | None = None,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    rate: Fraction | int = 8,
    milliseconds: Sequence[int] = (),
    options: dict[str, str] | None = None,
    full_range: bool = False,
    colours: int = 0,
) -> Path:
    """Encode frames, each at its own time where times are given."""
    frames = noise(16) if frames is None else frames
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], pixels
        stream.options = options or {}
        context = stream.codec_context
        if milliseconds:
            stream.time_base = context.time_base = MILLISECOND
        if full_range:
            context.color_range = 2
        if colours:
            context.colorspace = colours
        for place, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            if milliseconds:
                picture.pts, picture.time_base = milliseconds[place], MILLISECOND
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def turned(path: Path, a: int, b: int, c: int, d: int, **options: Any) -> Path:
    """An MP4 with a display matrix, written into its track header."""
    content = bytearray(encoded(path, **options).read_bytes())
    start = content.index(b"tkhd") + 4 + 40
    ones = [one << 16 for one in (a, b, 0, c, d, 0, 0, 0)]
    content[start : start + 36] = struct.pack(">9i", *ones, 1 << 30)
    path.write_bytes(content)
    return path


def streams(path: Path, *sizes: tuple[str, int, int, int]) -> Path:
    """Several video streams: codec, frames, height and width of each."""
    with av.open(str(path), "w") as container:
        added: list[Any] = []
        for codec, _, height, width in sizes:
            stream: Any = container.add_stream(codec, rate=8)
            stream.height, stream.width, stream.pix_fmt = height, width, "rgb24" if codec == "png" else "yuv420p"
            added.append(stream)
        for stream, (_, count, height, width) in zip(added, sizes, strict=True):
            for frame in noise(count, height, width):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            container.mux(stream.encode())
    return path


def trimmed(path: Path, seconds: float = 0.5, group: int = 250) -> Path:
    """A clip whose beginning was cut off without encoding: it is still there, and an edit list leaves it out.

    Of ``group`` frames, at most, one needs no other.
    """
    whole = encoded(path.with_name(f"whole {path.name}"), options={"bf": "0", "g": str(group)})
    with av.open(str(whole)) as source, av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        shift = int(seconds / (stream.time_base or 1))
        for packet in source.demux(stream):
            if packet.dts is not None and packet.pts is not None:
                packet.dts, packet.pts, packet.stream = packet.dts - shift, packet.pts - shift, copy
                target.mux(packet)
    return path


def animated(path: Path, milliseconds: Sequence[int], **options: Any) -> Path:
    """An animated GIF, WebP or PNG."""
    images = [Image.fromarray(frame) for frame in noise(len(milliseconds))]
    images[0].save(path, save_all=True, append_images=images[1:], duration=list(milliseconds), **options)
    return path


GAPS = [0, 125, 250, 375, 380, 505, 630, 755, 880, 1005, 1130, 1255, 1380, 1505, 1630, 1755]
SLOW = [0, 100, 200, 300, 1300, 1400, 1500, 2500, 2600, 2700, 2800, 2900, 3000, 3100, 3200, 3300]
LATE = [1000 + 125 * place for place in range(16)]

ALIKE: dict[str, Make] = {
    "plain.mp4": encoded,
    "plain.mkv": encoded,
    "plain.mov": encoded,
    "vp9.webm": lambda path: encoded(path, codec="libvpx-vp9"),
    "mpeg4.avi": lambda path: encoded(path, codec="mpeg4"),
    "mjpeg.avi": lambda path: encoded(path, codec="mjpeg", pixels="yuvj420p"),
    "huffyuv.avi": lambda path: encoded(path, codec="huffyuv", pixels="rgb24"),
    "ffv1.mkv": lambda path: encoded(path, codec="ffv1", pixels="bgr0"),
    "rgb.mp4": lambda path: encoded(path, codec="libx264rgb", pixels="rgb24"),
    "hevc.mp4": lambda path: encoded(path, codec="libx265", options={"x265-params": "log-level=none"}),
    "grey.mp4": lambda path: encoded(path, pixels="gray"),
    "422.mp4": lambda path: encoded(path, pixels="yuv422p"),
    "444 of odd size.mp4": lambda path: encoded(path, noise(16, 49, 65), pixels="yuv444p"),
    "10 bit 444.mp4": lambda path: encoded(path, pixels="yuv444p10le"),
    "full range.mp4": lambda path: encoded(path, full_range=True),
    "bt709.mp4": lambda path: encoded(path, colours=1),
    "24000 over 1001.mp4": lambda path: encoded(path, rate=Fraction(24000, 1001)),
    "one short gap.mp4": lambda path: encoded(path, milliseconds=GAPS),
    "one short gap.mkv": lambda path: encoded(path, milliseconds=GAPS),
    "one short gap.webm": lambda path: encoded(path, codec="libvpx-vp9", milliseconds=GAPS),
    "pauses.mov": lambda path: encoded(path, milliseconds=SLOW),
    "late start.mp4": lambda path: encoded(path, milliseconds=LATE),
    "upside down.mp4": lambda path: turned(path, -1, 0, 0, -1),
    "mirrored.mp4": lambda path: turned(path, 1, 0, 0, -1),
    "still second.mp4": lambda path: streams(path, ("libx264", 16, 48, 64), ("png", 1, 80, 96)),
    "larger first.mp4": lambda path: streams(path, ("libx264", 16, 80, 96), ("libx264", 16, 48, 64)),
}
"""What OpenCV and decord read alike, and so do we."""

OPENCV_ONLY: dict[str, Make] = {
    "on its left side.mp4": lambda path: turned(path, 0, -1, 1, 0),
    "on its right side.mp4": lambda path: turned(path, 0, 1, -1, 0),
    "10 bit 420.mp4": lambda path: encoded(path, pixels="yuv420p10le"),
    "420 of odd size.webm": lambda path: encoded(path, noise(16, 49, 65), codec="libvpx-vp9"),
    "411.mkv": lambda path: encoded(path, codec="ffv1", pixels="yuv411p"),
    "410.mkv": lambda path: encoded(path, codec="ffv1", pixels="yuv410p"),
    "440.mkv": lambda path: encoded(path, codec="ffv1", pixels="yuv440p"),
    "packed 422.avi": lambda path: encoded(path, codec="rawvideo", pixels="uyvy422"),
    "422 of odd height.mp4": lambda path: encoded(path, noise(16, 49, 64), pixels="yuv422p"),
    "grey of odd height.mp4": lambda path: encoded(path, noise(16, 49, 64), pixels="gray"),
    "prores.mov": lambda path: encoded(path, codec="prores_ks", pixels="yuv422p10le"),
    "narrow.mp4": lambda path: encoded(path, noise(16, 640, 48)),
    "transport.ts": encoded,
    "trimmed.mp4": trimmed,
}
"""Where decord reads something else or nothing, and OpenCV is followed."""

DECORD_ONLY: dict[str, Make] = {
    "interlaced.mp4": lambda path: encoded(path, options={"x264-params": "interlaced=1:tff=1"}),
    "still first.mp4": lambda path: streams(path, ("png", 1, 80, 96), ("libx264", 16, 48, 64)),
    "smaller first.mp4": lambda path: streams(path, ("libx264", 16, 48, 64), ("libx264", 16, 80, 96)),
}
"""Where OpenCV reads something else or nothing, and decord is followed."""

SCALED: dict[str, Make] = {
    **ALIKE,
    **DECORD_ONLY,
    **{
        name: OPENCV_ONLY[name]
        for name in ("on its left side.mp4", "on its right side.mp4", "10 bit 420.mp4", "420 of odd size.webm")
    },
    "turned and interlaced.mp4": lambda path: turned(path, 0, 1, -1, 0, options={"x264-params": "interlaced=1:tff=1"}),
}
"""What decord reads where it is asked for a size, and so do we."""
