"""Aesthetic quality: how beautiful the frames are, as people would rate a picture.

Measures: layout, colour, harmony and artistry of each frame by itself, by LAION's aesthetic predictor.

Formula (VBench, Huang et al., CVPR 2024, section 3.2 and supplement): mean over frames of ``rating / 10``.

Frames: all, scaled to a shorter side of 224 px and cropped to the middle square.

Range: about 0 to 1, higher is more beautiful; nothing is clamped.

Unit of the mean: a video.

Cost: one image through CLIP ViT-L/14 for each frame (about 2 seconds on one processor core).

Kept from the reference: frames are scaled as floats without antialiasing or clamping.
"""

from __future__ import annotations

import math
from typing import ClassVar

from vbench.dimensions.backbones.base import AestheticHead, FrameEmbedder
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.consistency import frame_embeddings
from vbench.media.video import Video
from vbench.prompts.suite import Prompt

BEST = 10.0
"""The rating that becomes a score of 1."""


class AestheticQuality(Dimension):
    """The mean rating of the frames."""

    name: ClassVar[str] = "aesthetic_quality"
    title: ClassVar[str] = "Aesthetic quality"
    meaning: ClassVar[str] = "The frames are beautiful pictures."
    roles: ClassVar[tuple[str, ...]] = ("aesthetic_embedder", "aesthetic_head")

    aesthetic_embedder: FrameEmbedder
    aesthetic_head: AestheticHead

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`Dimension`; ``per_frame`` holds each frame's rating on 0..1."""
        ratings = self.aesthetic_head.ratings(frame_embeddings(video, self.aesthetic_embedder))
        frames = (ratings / BEST).tolist()
        return VideoScore(math.fsum(frames) / len(frames), per_frame=frames)
