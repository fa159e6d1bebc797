from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.footage import noise
from vbench.media.clip import Clip, Encoded
from vbench.media.encode import as_clip, write_clip
from vbench.media.video import probe


@pytest.mark.parametrize(("height", "width", "fps"), [(48, 64, 8), (33, 47, 23.976), (16, 18, 30)])
def test_a_clip_survives_its_file(tmp_path: Path, height: int, width: int, fps: float) -> None:
    clip = Clip(noise(6, height, width), fps)
    write_clip(clip, tmp_path / "clip.mp4")
    back = as_clip(Encoded(tmp_path / "clip.mp4"))
    assert back.frames.shape == clip.frames.shape
    assert back.fps == pytest.approx(fps, rel=1e-4)
    assert np.abs(back.frames.astype(int) - clip.frames).mean() < 6
    assert probe(tmp_path / "clip.mp4").frames == 6


@pytest.mark.parametrize("size", [(32, 48), (48, 40), (240, 320)])
def test_the_same_frames_give_the_same_bytes(tmp_path: Path, size: tuple[int, int]) -> None:
    encodings = set()
    for _ in range(40):
        write_clip(Clip(noise(4, *size), 8), tmp_path / "clip.mp4")
        encodings.add((tmp_path / "clip.mp4").read_bytes())
    assert len(encodings) == 1


@pytest.mark.parametrize(
    "frames", [np.zeros((0, 8, 8, 3), np.uint8), np.zeros((2, 8, 8, 3)), np.zeros((8, 8, 3), np.uint8)]
)
def test_what_are_no_frames_is_refused(tmp_path: Path, frames: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        write_clip(Clip(frames, 8), tmp_path / "clip.mp4")
