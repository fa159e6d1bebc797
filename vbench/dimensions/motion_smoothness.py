"""Motion smoothness: whether movement goes on evenly.

Measures: how well the frames in between are told by their neighbours. Every second frame is dropped and
interpolated from the two around it; even motion gives the dropped frame back, a jerk does not.

Formula (VBench, Huang et al., CVPR 2024, section 3.2 and supplement): ``1 - mean |predicted - dropped| / 255`` over
pixels and channels, then over the dropped frames.

Frames: all, at their own size. Frames 0, 2, 4, ... are given, 1, 3, 5, ... are predicted; in a video with an even
number of frames the last one has no right neighbour and does not count.

Range: 0 to 1, higher is smoother.

Unit of the mean: a video.

Cost: one run of the interpolator for every second frame (AMT-S: about half a second for 320x192 px on one
processor core).

Kept from the reference: predictions are truncated, not rounded, to whole levels; nothing is scaled down,
whatever memory there is.
"""

from __future__ import annotations

import math
from itertools import islice
from typing import ClassVar

import torch
from torch import Tensor

from vbench.dimensions.backbones.base import FrameInterpolator
from vbench.dimensions.base import Dimension, VideoScore
from vbench.errors import TooShort
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


def agreements(predicted: Tensor, actual: Tensor) -> list[float]:
    """``1 - mean |predicted - actual| / 255`` of each of N uint8 frames on one device, in [0, 1].

    >>> import torch
    >>> agreements(torch.tensor([[0, 255]], dtype=torch.uint8), torch.tensor([[51, 255]], dtype=torch.uint8))
    [0.9]
    """
    differences = (predicted.short() - actual.short()).abs().flatten(1)
    return [1 - total / differences.shape[1] / 255 for total in differences.sum(1).tolist()]


class MotionSmoothness(Dimension):
    """How well every second frame follows from its neighbours."""

    name: ClassVar[str] = "motion_smoothness"
    title: ClassVar[str] = "Motion smoothness"
    meaning: ClassVar[str] = "Movement is even: frames can be told from their neighbours."
    roles: ClassVar[tuple[str, ...]] = ("interpolator",)

    interpolator: FrameInterpolator

    @classmethod
    def fewest_frames(cls, fps: float) -> int:
        """See :class:`Dimension`."""
        return 3

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`Dimension`; ``per_frame`` holds the agreement of each dropped frame.

        Raises:
            TooShort: fewer than three frames.
            NotApplicable: the frames are too small for the interpolator.
        """
        frames = list[float]()
        windows = video.windows(3, stride=2)
        while some := list(islice(windows, self.interpolator.at_once)):
            starts, dropped, ends = self.interpolator.here(torch.stack(some)).unbind(1)
            frames += agreements(self.interpolator.middle(starts, ends), dropped)
        if not frames:
            raise TooShort(
                f"{video.path} has {video.frame_count} frames, motion smoothness needs at least 3: "
                "one to predict and one on either side."
            )
        return VideoScore(math.fsum(frames) / len(frames), per_frame=frames)
