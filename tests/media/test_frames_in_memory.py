"""Frames in memory are a video, in every form that people have them in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.footage import noise
from vbench.errors import VideoError
from vbench.media.frames_in_memory import FramesVideo, as_rgb

FRAMES = noise(5, 24, 32)
"""``(T, H, W, 3)`` uint8."""


@pytest.mark.parametrize(
    "given",
    [
        FRAMES,
        FRAMES.transpose(0, 3, 1, 2),
        torch.from_numpy(FRAMES.transpose(0, 3, 1, 2).copy()),
        torch.from_numpy(FRAMES).float() / 255,
        torch.from_numpy(FRAMES).double().requires_grad_() / 255,
        FRAMES.astype(np.float32) / 255,
        [Image.fromarray(frame) for frame in FRAMES],
    ],
    ids=["last", "first", "tensor", "float tensor", "with gradient", "float array", "pictures"],
)
def test_every_form_gives_the_same_frames(given: Any) -> None:
    assert np.array_equal(as_rgb(given), FRAMES)


def test_half_precision_is_rounded_to_the_nearest_level() -> None:
    assert abs(as_rgb(torch.from_numpy(FRAMES).half() / 255).astype(int) - FRAMES).max() <= 1
    assert np.array_equal(as_rgb(torch.from_numpy(FRAMES).bfloat16() / 255).shape, FRAMES.shape)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (np.zeros((4, 5, 6), np.uint8), "(4, 5, 6)"),
        (np.zeros((0, 3, 8, 8), np.uint8), "at least 1"),
        (np.zeros((4, 3, 8, 3), np.uint8), "could be"),
        (np.zeros((4, 4, 8, 8), np.uint8), "(4, 4, 8, 8)"),
        (np.full((4, 3, 8, 8), 255.0), "[0, 1], found 255"),
        (np.full((4, 3, 8, 8), -1e-3), "[0, 1], found -0.001"),
        (np.full((4, 3, 8, 8), np.nan), "NaN"),
        (np.zeros((4, 3, 8, 8), np.int64), "int64"),
        ([], "found none"),
        ([Image.new("RGB", (8, 8)), Image.new("RGB", (9, 8))], "one size"),
        (["a.png"], "found a str"),
    ],
)
def test_what_is_no_video_is_told(given: Any, told: str) -> None:
    with pytest.raises(VideoError) as refused:
        as_rgb(given)
    assert told in str(refused.value)


def test_a_rate_must_be_one() -> None:
    with pytest.raises(VideoError, match="fps"):
        FramesVideo(FRAMES, fps=0)


def test_it_answers_as_a_video_does() -> None:
    video = FramesVideo(FRAMES, fps=16)
    assert (video.frame_count, video.size, video.fps) == (5, (24, 32), 16)
    assert torch.equal(video.frames([4, 0]), torch.from_numpy(FRAMES[[4, 0]]).permute(0, 3, 1, 2))
    assert [len(batch) for batch in video.batches(2)] == [2, 2, 1]
