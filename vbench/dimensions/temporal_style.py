"""Temporal style: does the camera or the time of the video move as the prompt says?

What it measures: how well a video fits a prompt that ends in a way of filming ("in super slow motion", "zoom in").

Formula (VBench, Huang et al., CVPR 2024, section 3.2, "Temporal Style"): with v and t the embeddings of the video and
of the whole prompt, style included, the score is cos(v, t).

Frames: 8, the middle ones of 8 equal parts; a shorter video repeats its last frame.

Range and direction: a cosine, -1 to 1; higher is better. The leaderboard takes 0 for 0 % and 0.364 for 100 %.

Unit of the mean: one video.

Cost: one pass of a ViT-L over 2049 tokens, about 15 seconds on one core of a CPU, whatever the length of the video.

Quirks of the reference that are kept: the prompt is used without a template and loses its end after 32 tokens; the
frames are spread over the whole video, whatever its frame rate, so a slow and a fast video of the same pictures score
alike.
"""

from __future__ import annotations

from vbench.dimensions.backbones.base import VideoTextEmbedder
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.video_text import similarity
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


class TemporalStyle(Dimension):
    """How well the video fits a prompt that asks for a way of filming."""

    name = "temporal_style"
    title = "Temporal Style"
    meaning = "The video moves in the style that the prompt asks for."
    roles = ("video_text_embedder",)

    video_text_embedder: VideoTextEmbedder

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """Cosine of the video and its whole prompt."""
        return VideoScore(similarity(self.video_text_embedder, video, prompt.text))
