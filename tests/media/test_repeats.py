"""A still tail and a loop are found, and movement is taken for neither."""

from __future__ import annotations

import numpy as np
import pytest

from tests.footage import Frames, noise
from vbench.media.repeats import Glances

FPS = 8.0


def said(frames: Frames) -> list[str]:
    glances = Glances()
    for frame in frames:
        glances.add(frame)
    return glances.said(FPS)


def walk(count: int, seed: int = 0) -> Frames:
    """Frames that never come twice: a bright square that goes its own way, over slowly changing light."""
    rng = np.random.default_rng(seed)
    places = np.cumsum(rng.integers(-9, 10, (count, 2)), axis=0) % 40
    light = rng.integers(0, 120, count)
    frames = np.zeros((count, 64, 64, 3), np.uint8)
    for index, (top, left) in enumerate(places):
        frames[index] = light[index]
        frames[index, top : top + 24, left : left + 24] = 255
    return frames


def test_what_goes_on_and_on_is_neither() -> None:
    assert said(walk(64)) == []


def test_a_still_tail_is_said_with_its_start() -> None:
    moving = walk(32)
    grain = noise(16)[:, :1, :1] % 2  # a codec's noise is no movement
    still = (moving[-1:] // 2 * 2 + grain).astype(np.uint8)
    found = said(np.concatenate([moving, np.broadcast_to(still, (16, 64, 64, 3))]))
    assert found == ["stands still from 3.88 s to its end at 6.00 s"]


@pytest.mark.parametrize("between", [0, 8], ids=["at once", "later"])
def test_what_is_shown_twice_is_said(between: int) -> None:
    clip = walk(16)
    found = said(np.concatenate([clip, walk(between, 7), clip, walk(12, 9)]))
    again = 2 + between / FPS
    assert found == [f"shows from {again:.2f} s for 2.00 s what it showed from 0.00 s"]


def test_a_still_video_is_no_loop() -> None:
    assert said(np.full((48, 64, 64, 3), 90, np.uint8)) == []


def test_a_video_of_any_size_is_glanced_at() -> None:
    assert said(noise(12, 3, 5)) == []
