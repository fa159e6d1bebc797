"""Clips that hold no picture are marked, and others are not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.footage import noise
from vbench.media.flaws import flaws

Frames = NDArray[np.uint8]


def clip(frames: int = 16) -> Frames:
    return noise(frames, height=64, width=96, seed=0)


def with_a_grey_tail(frames: Frames) -> Frames:
    frames[12:] = 128
    return frames


def with_grey_columns(frames: Frames) -> Frames:
    frames[:, :, -16:] = 128
    return frames


def with_bars(frames: Frames) -> Frames:
    frames[:, :8] = 0
    frames[:, -8:] = 0
    return frames


def black(frames: Frames) -> Frames:
    return np.where(frames > np.median(frames), 9, 0).astype(np.uint8)


def frozen(frames: Frames) -> Frames:
    frames[4:] = frames[4]
    return frames


def frozen_but_for_the_encoder(frames: Frames) -> Frames:
    whole = np.repeat(frames[:1].clip(2, 253), 16, axis=0)
    whole[1::2] += 2
    return whole


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (with_a_grey_tail, "flat: 4 of 16 frames, the first of them number 12, are of one colour"),
        (with_grey_columns, "borders: 16 pixels at the right"),
        (with_bars, "borders: 8 pixels at the top, 8 pixels at the bottom"),
        (black, "black: all 16 frames are without light"),
        (frozen, "frozen: 12 of 16 frames in a row are the same"),
        (frozen_but_for_the_encoder, "frozen: 16 of 16 frames in a row are the same"),
    ],
)
def test_what_is_no_picture_is_marked(change: object, says: str) -> None:
    assert flaws(change(clip())) == [says]  # type: ignore[operator]


def test_pictures_are_not_marked() -> None:
    moving = clip()
    assert flaws(moving) == []
    slow = np.stack([np.roll(moving[0], shift, axis=1) for shift in range(16)])
    assert flaws(slow) == []
    night = (moving // 8).astype(np.uint8)
    assert flaws(night) == []
    assert flaws(moving[:1]) == []


def test_a_clip_of_one_colour_says_so_once() -> None:
    grey = np.full((4, 32, 32, 3), 90, np.uint8)
    assert flaws(grey) == ["flat: all 4 frames are of one colour", "frozen: 4 of 4 frames in a row are the same"]
