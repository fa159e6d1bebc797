"""Small real files for tests: every container that is read, and every way in which a file can be broken."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vbench.media.encode import X264_DEFAULTS

Frames = NDArray[np.uint8]


def noise(count: int = 8, height: int = 48, width: int = 64, seed: int = 0) -> Frames:
    """``(count, height, width, 3)`` uint8: coloured stripes that move, with a little noise."""
    rng = np.random.default_rng(seed)
    ramp = np.add.outer(np.arange(height), np.arange(width))[..., None] + np.array([0, 40, 80]) + 17 * seed
    frames = [(3 * (ramp + 2 * index)) % 256 for index in range(count)]
    grain = rng.integers(0, 8, (count, height, width, 3))
    return (np.stack(frames) // 2 + grain).astype(np.uint8)


def write_video(
    path: Path,
    frames: Frames | None = None,
    fps: int | Fraction = 8,
    lossless: bool = True,
    threads: int = 0,
    **options: Any,
) -> Path:
    """Encode frames; lossless RGB unless the container cannot. The encoder has a thread a core by default."""
    frames = noise() if frames is None else frames
    path.parent.mkdir(parents=True, exist_ok=True)
    codec = "libvpx-vp9" if path.suffix == ".webm" else "libx264rgb" if lossless else "libx264"
    with av.open(str(path), "w", options=options) as container:
        stream: Any = container.add_stream(codec, rate=Fraction(fps))
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "rgb24" if codec == "libx264rgb" else "yuv420p"
        stream.options = {"libx264rgb": {"qp": "0"}, "libx264": X264_DEFAULTS}.get(codec, {})
        stream.thread_count = threads
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path


def write_truncated(path: Path, keep: float = 0.6) -> Path:
    """A video whose index says more than the file holds, as an interrupted copy leaves it."""
    write_video(path, noise(24), movflags="faststart")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole))])
    return path


def write_text(path: Path) -> Path:
    """A text file under a video's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("this is no video")
    return path


def write_stills(folder: Path, frames: Frames | None = None) -> Path:
    """A folder of numbered stills."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, frame in enumerate(noise() if frames is None else frames):
        Image.fromarray(frame).save(folder / f"{index:04}.png")
    return folder


def write_gif(path: Path, frames: Frames | None = None, milliseconds: int = 125) -> Path:
    """An animated GIF (256 colours)."""
    images = [Image.fromarray(frame).quantize(256) for frame in (noise() if frames is None else frames)]
    path.parent.mkdir(parents=True, exist_ok=True)
    images[0].save(path, save_all=True, append_images=images[1:], duration=milliseconds)
    return path
