"""Temporal flickering: whether brightness and detail are steady from frame to frame.

Measures: how little neighbouring frames differ, pixel by pixel. It only means flicker in videos that stand still,
so the benchmark runs it on what the static filter lets pass; nothing here checks that.

Formula (VBench, Huang et al., CVPR 2024, section 3.2 and supplement): ``1 - mean |f_t - f_{t+1}| / 255`` over pixels
and channels, then over the pairs of neighbours.

Frames: all, at their own size.

Range: 0 to 1, higher is steadier.

Unit of the mean: a video.

Cost: decoding and a subtraction; no model.

Kept from the reference: the mean difference of a pair is a float32. Not kept: videos that cannot be read are not
left out silently, and one of a single frame is too short instead of not a number.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import ClassVar

import numpy as np

from vbench.dimensions.base import Dimension, VideoScore
from vbench.errors import TooShort
from vbench.media.decode import Frame
from vbench.media.video import Video
from vbench.prompts.suite import Prompt

BLOCK = 1 << 16
"""Numbers that are subtracted at a time: few enough to stay in the processor's cache, and their sum in 32 bits."""


def steadiness(first: Frame, second: Frame) -> float:
    """``1 - mean |first - second| / 255`` of two uint8 frames, in [0, 1].

    >>> steadiness(np.array([0, 255], dtype=np.uint8), np.array([51, 255], dtype=np.uint8))
    0.9
    """
    one, other, apart = first.reshape(-1), second.reshape(-1), 0
    for start in range(0, one.size, BLOCK):
        block = slice(start, start + BLOCK)
        differences = np.maximum(one[block], other[block]) - np.minimum(one[block], other[block])
        apart += int(differences.sum(dtype=np.uint32))
    return (255 - float(np.float32(apart / one.size))) / 255


class TemporalFlickering(Dimension):
    """How little neighbouring frames differ."""

    name: ClassVar[str] = "temporal_flickering"
    title: ClassVar[str] = "Temporal flickering"
    meaning: ClassVar[str] = "A still scene does not flicker."

    @classmethod
    def fewest_frames(cls, fps: float) -> int:
        """See :class:`Dimension`."""
        return 2

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`Dimension`; ``per_frame`` holds the steadiness of each pair of neighbours.

        Raises:
            TooShort: a single frame.
        """
        frames = [steadiness(*pair) for pair in pairwise(video.one_after_the_other())]
        if not frames:
            raise TooShort(f"{video.path} has 1 frame; temporal flickering compares neighbours and needs at least 2.")
        return VideoScore(math.fsum(frames) / len(frames), per_frame=frames)
