"""Image-to-video subject: whether the subject of the picture stays itself throughout the video.

Measures: how alike picture and frames are in features that tell subjects apart (DINO's).

Formula (VBench++, Huang et al., 2024): with unit features ``p`` of the picture and ``d`` of ``T`` frames,
``0.4 max <p, d_t> + 0.3 mean <d_{t-1}, d_t> + 0.3 min <d_{t-1}, d_t>``, negative cosines counted as zero.

Frames: all, scaled with antialiasing to a shorter side of 256 px and cropped to 224; the picture likewise, by Pillow.

Range: 0 to 1, higher is truer to the picture.

Unit of the mean: a video.

Cost: one image through the embedder for each frame and the picture (DINO ViT-B/16: about a third of a second on one
processor core).

Kept from the reference: the picture counts only through the frame that is most like it; frames go through float
resampling without rounding or clamping, the picture through Pillow's. Not kept: pictures that are not RGB of 8 bits end
the reference's run, and so does a video of one frame.
"""

from __future__ import annotations

from typing import ClassVar

from vbench.dimensions.backbones.base import PictureEmbedder
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.picture_likeness import picture_likeness
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


class I2VSubject(Dimension):
    """How true the subject stays to the picture."""

    name: ClassVar[str] = "i2v_subject"
    title: ClassVar[str] = "Video-image subject consistency"
    meaning: ClassVar[str] = "The subject of the picture stays itself throughout the video."
    roles: ClassVar[tuple[str, ...]] = ("picture_subject_embedder",)

    picture_subject_embedder: PictureEmbedder

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`Dimension`; ``per_frame`` holds the likeness of each frame to the picture.

        Raises:
            TooShort: a single frame.
            NotApplicable: the prompt has no picture.
            VideoError: the picture cannot be read.
        """
        return picture_likeness(video, prompt, self.picture_subject_embedder)
