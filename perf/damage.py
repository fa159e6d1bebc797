"""How often a damaged file gives other frames when it is decoded again, by one thread and by several; and OpenCV's.

    python perf/damage.py

Small videos are encoded, some bytes of one packet are overwritten, and each broken file is decoded six times by as
many threads as FFmpeg takes, and by one. Of OpenCV's frames it is told whether they are those of one thread, and
whether they are those that several gave most often.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from hashlib import sha256
from pathlib import Path

os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"

import av
import cv2
import numpy as np

KINDS = {
    "H.264, three B-frames": ("libx264", ".mp4", {"bf": "3", "b_strategy": "0", "g": "100"}),
    "H.264, no B-frames": ("libx264", ".mp4", {"bf": "0", "g": "100"}),
    "H.264, x264's defaults": ("libx264", ".mp4", {}),
    "MPEG-4": ("mpeg4", ".mp4", {}),
    "H.265": ("libx265", ".mp4", {"x265-params": "log-level=none"}),
    "VP9": ("libvpx-vp9", ".webm", {}),
}

HEAD = """| codec | files | several threads vary | one thread varies | OpenCV as one | OpenCV as several |
|---|--:|--:|--:|--:|--:|"""


def main() -> None:
    """Print a row for each kind of file, and their sum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=40, help="broken files of each kind")
    options = parser.parse_args()
    av.logging.set_level(av.logging.PANIC)
    random, total = np.random.default_rng(0), Counter[str]()
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        for kind, (codec, suffix, settings) in KINDS.items():
            whole = encoded(Path(folder) / f"{codec}{suffix}", codec, settings)
            found = sum((told(broken(whole, random)) for _ in range(options.files)), Counter[str]())
            print(row(kind, found), flush=True)
            total += found
    print(row("all", total))


def row(kind: str, found: Counter[str]) -> str:
    """One line of the table."""
    return (
        f"| {kind} | "
        + " | ".join(str(found[key]) for key in ("files", "several", "one", "as one", "as several"))
        + " |"
    )


def encoded(path: Path, codec: str, settings: dict[str, str]) -> Path:
    """Soft coloured noise of 24 frames that moves to the left."""
    noise = np.random.default_rng(0).integers(0, 255, (96, 240, 3), dtype=np.uint8)
    noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), 2), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=8, options=settings)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for start in range(0, 72, 3):
            picture = np.ascontiguousarray(noise[:, start : start + 160])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def broken(whole: Path, random: np.random.Generator) -> Path:
    """A copy with up to 40 bytes of one packet overwritten."""
    with av.open(str(whole)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    start, size = packets[random.integers(len(packets))]
    first = start + int(random.integers(min(size - 1, 8), size))
    content = bytearray(whole.read_bytes())
    last = min(first + int(random.integers(1, 40)), start + size)
    content[first:last] = random.bytes(last - first)
    copy = whole.with_stem("broken")
    copy.write_bytes(content)
    return copy


def told(path: Path) -> Counter[str]:
    """What was found of one file."""
    several, one = (Counter(decoded(path, threads) for _ in range(6)) for threads in (0, 1))
    theirs = by_opencv(path)
    return Counter(
        {
            "files": 1,
            "several": int(len(several) > 1),
            "one": int(len(one) > 1),
            "as one": int(theirs in one),
            "as several": int(theirs == several.most_common(1)[0][0]),
        }
    )


def decoded(path: Path, threads: int) -> str:
    """A digest of all frames; 0 threads are as many as FFmpeg takes."""
    digest = sha256()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "AUTO", threads
        for packet in container.demux(stream):
            try:
                for frame in packet.decode():
                    digest.update(frame.to_ndarray(format="rgb24").tobytes())
            except av.error.InvalidDataError:
                continue
    return digest.hexdigest()


def by_opencv(path: Path) -> str:
    """The same of OpenCV's frames."""
    digest, capture = sha256(), cv2.VideoCapture(str(path))
    while (read := capture.read())[0]:
        digest.update(np.ascontiguousarray(read[1][..., ::-1]).tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
