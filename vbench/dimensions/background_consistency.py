"""Background consistency: whether the scene stays the same throughout.

Measures: how alike the frames are in features of the whole picture (CLIP's).

Formula (VBench, Huang et al., CVPR 2024, section 3.2 and supplement): with unit features ``c`` of ``T`` frames,
``1 / (T - 1) * sum over t = 2..T of (<c_1, c_t> + <c_{t-1}, c_t>) / 2``, negative cosines counted as zero.

Frames: all, scaled to a shorter side of 224 px and cropped to the middle square.

Range: 0 to 1, higher is more consistent.

Unit of the mean: a pair of frames, so that longer videos weigh more.

Cost: one image through the embedder for each frame (CLIP ViT-B/32: less than a tenth of a second on one processor
core).

Kept from the reference: frames are scaled as floats without antialiasing or clamping; the scene is judged by the
middle square of the whole picture, subject included.
"""

from __future__ import annotations

from typing import ClassVar

from vbench.dimensions.backbones.base import FrameEmbedder
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.consistency import consistency
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


class BackgroundConsistency(Dimension):
    """How like the scene is to itself in earlier frames."""

    name: ClassVar[str] = "background_consistency"
    title: ClassVar[str] = "Background consistency"
    meaning: ClassVar[str] = "The scene looks the same throughout the video."
    roles: ClassVar[tuple[str, ...]] = ("background_embedder",)

    background_embedder: FrameEmbedder

    @classmethod
    def fewest_frames(cls, fps: float) -> int:
        """See :class:`Dimension`."""
        return 2

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`Dimension`; ``per_frame`` holds the likeness of each frame after the first to its past.

        Raises:
            TooShort: a single frame.
        """
        return consistency(video, self.background_embedder)
