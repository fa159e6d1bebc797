"""Image-to-video background: whether the scene of the picture stays itself throughout the video.

Measures: how alike picture and frames are to people's eyes, layout and light included (DreamSim's features).

Formula (VBench++, Huang et al., 2024): with unit features ``p`` of the picture and ``d`` of ``T`` frames,
``0.4 max <p, d_t> + 0.3 mean <d_{t-1}, d_t> + 0.3 min <d_{t-1}, d_t>``, negative cosines counted as zero.

Frames: all, scaled with antialiasing to 224x224 px whatever their shape; the picture likewise, by Pillow.

Range: 0 to 1, higher is truer to the picture.

Unit of the mean: a video.

Cost: one image through three ViT-B/16 for each frame and the picture (about a second on one processor core).

Kept from the reference: as for ``i2v_subject``; and that the frame's shape is not kept. Not kept: the reference's
models go to the GPU whatever device it was given, and their files to the folder that it was started in.
"""

from __future__ import annotations

from typing import ClassVar

from vbench.dimensions.backbones.base import PictureEmbedder
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.picture_likeness import picture_likeness
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


class I2VBackground(Dimension):
    """How true the scene stays to the picture."""

    name: ClassVar[str] = "i2v_background"
    title: ClassVar[str] = "Video-image background consistency"
    meaning: ClassVar[str] = "The scene of the picture stays itself throughout the video."
    roles: ClassVar[tuple[str, ...]] = ("picture_background_embedder",)

    picture_background_embedder: PictureEmbedder

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`Dimension`; ``per_frame`` holds the likeness of each frame to the picture.

        Raises:
            TooShort: a single frame.
            NotApplicable: the prompt has no picture.
            VideoError: the picture cannot be read.
        """
        return picture_likeness(video, prompt, self.picture_background_embedder)
