"""Imaging quality: are the frames technically good pictures?

Measures: distortions of each frame by itself, such as noise, blur and over-exposure, by MUSIQ trained on SPAQ.

Formula (VBench, Huang et al., CVPR 2024, section 3.2 and supplement): mean over frames of ``rating / 100``.

Frames: all. With the official ``preprocessing``, ``longer``, a frame whose longer side exceeds 512 px is scaled down
to that; ``shorter`` does so with the shorter side, ``shorter_centercrop`` also takes the middle square, and ``None``
leaves frames as they are. Only ``longer`` compares with the leaderboard.

Range: about 0 to 1, higher is better; nothing is clamped. (The reference's files have 0 to 100 for a video and 0 to 1
for all videos.)

Unit of the mean: a video.

Cost: about half a second for each frame of 320 x 192 pixels on one processor core.

Kept from the reference: frames are scaled as floats without antialiasing, and new sizes are cut to whole pixels, so the
side that should have 512 may have 511; a centre crop then adds a black line.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from vbench.dimensions.backbones.base import Backbone, QualityModel
from vbench.dimensions.base import Dimension, VideoScore
from vbench.errors import UsageError
from vbench.media.video import Video
from vbench.prompts.suite import Prompt

LIMIT = 512
"""Pixels above which a side is scaled down."""

BEST = 100.0
"""The rating that becomes a score of 1."""

PREPROCESSING = ("longer", "shorter", "shorter_centercrop", "None")


def prepared(frames: Tensor, preprocessing: str) -> Tensor:
    """Scale ``(N, 3, H, W)`` of any type down to the limit; float32 in [0, 255], or unchanged where nothing is to do.

    >>> import torch
    >>> [tuple(prepared(torch.zeros(1, 3, 600, 800), mode).shape[-2:]) for mode in PREPROCESSING]
    [(384, 512), (512, 682), (512, 512), (600, 800)]
    """
    height, width = frames.shape[-2:]
    side = max(height, width) if preprocessing == "longer" else min(height, width)
    if preprocessing == "None" or side <= LIMIT:
        return frames
    scale = LIMIT / side
    frames = F.interpolate(frames.float(), (int(scale * height), int(scale * width)), mode="bilinear")
    if preprocessing != "shorter_centercrop":
        return frames
    from torchvision.transforms.functional import center_crop  # slower to import than everything else of a lite run

    cropped: Tensor = center_crop(frames, LIMIT)
    return cropped


class ImagingQuality(Dimension):
    """The mean technical rating of the frames.

    Args:
        preprocessing: how large frames are made smaller.
        backbones: by role.

    Raises:
        UsageError: there is no preprocessing of that name.
    """

    name: ClassVar[str] = "imaging_quality"
    title: ClassVar[str] = "Imaging quality"
    meaning: ClassVar[str] = "The frames are free of noise, blur and other technical faults."
    roles: ClassVar[tuple[str, ...]] = ("quality_model",)

    quality_model: QualityModel

    def __init__(self, *, preprocessing: str = "longer", **backbones: Backbone) -> None:
        if preprocessing not in PREPROCESSING:
            raise UsageError(f"There is no preprocessing {preprocessing!r}. Known: {', '.join(PREPROCESSING)}.")
        super().__init__(**backbones)
        self.preprocessing = preprocessing

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`Dimension`; ``per_frame`` holds each frame's rating on 0..1."""
        model, frames = self.quality_model, []
        for batch in video.batches(model.at_once):
            frames += (model.quality(prepared(model.here(batch), self.preprocessing)) / BEST).tolist()
        return VideoScore(math.fsum(frames) / len(frames), per_frame=frames)
