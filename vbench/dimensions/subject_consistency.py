"""Subject consistency: whether the subject stays the same throughout.

Measures: how alike the frames are in features that tell subjects apart (DINO's, which was trained without labels
and keeps what makes this dog this dog).

Formula (VBench, Huang et al., CVPR 2024, section 3.2 and supplement): with unit features ``d`` of ``T`` frames,
``1 / (T - 1) * sum over t = 2..T of (<d_1, d_t> + <d_{t-1}, d_t>) / 2``, negative cosines counted as zero.

Frames: all, scaled to a shorter side of 224 px and not cropped.

Range: 0 to 1, higher is more consistent.

Unit of the mean: a pair of frames, so that longer videos weigh more.

Cost: one image through the embedder for each frame (DINO ViT-B/16: about half a second on one processor core).

Kept from the reference: the weighting by pairs of frames, which is what its single process does; with several
processes it averages videos instead, and ours never does.
"""

from __future__ import annotations

from typing import ClassVar

from vbench.dimensions.backbones.base import FrameEmbedder
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.consistency import consistency
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


class SubjectConsistency(Dimension):
    """How like the subject is to itself in earlier frames."""

    name: ClassVar[str] = "subject_consistency"
    version: ClassVar[int] = 3
    title: ClassVar[str] = "Subject consistency"
    meaning: ClassVar[str] = "The subject looks the same throughout the video."
    roles: ClassVar[tuple[str, ...]] = ("subject_embedder",)

    subject_embedder: FrameEmbedder

    @classmethod
    def fewest_frames(cls, fps: float) -> int:
        """See :class:`Dimension`."""
        return 2

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`Dimension`; ``per_frame`` holds the likeness of each frame after the first to its past.

        Raises:
            TooShort: a single frame.
        """
        return consistency(video, self.subject_embedder)
