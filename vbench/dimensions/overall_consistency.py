"""Overall consistency: does the video show what the prompt says, and in the way it says it?

What it measures: how well a whole video fits a whole prompt, meaning and style together.

Formula (VBench, Huang et al., CVPR 2024, section 3.2, "Overall Consistency"): with v and t the embeddings of the video
and of the prompt, the score is cos(v, t).

Frames: 8, the middle ones of 8 equal parts; a shorter video repeats its last frame.

Range and direction: a cosine, -1 to 1; higher is better. The leaderboard takes 0 for 0 % and 0.364 for 100 %.

Unit of the mean: one video.

Cost: one pass of a ViT-L over 2049 tokens, about 15 seconds on one core of a CPU, whatever the length of the video;
nothing where temporal style has seen the video before.

Quirks of the reference that are kept: the prompt is used without a template and loses its end after 32 tokens.
"""

from __future__ import annotations

from vbench.dimensions.backbones.base import VideoTextEmbedder
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.video_text import similarity
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


class OverallConsistency(Dimension):
    """How well the video fits its prompt as a whole."""

    name = "overall_consistency"
    title = "Overall Consistency"
    meaning = "The video as a whole shows what the prompt describes."
    roles = ("video_text_embedder",)

    video_text_embedder: VideoTextEmbedder

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """Cosine of the video and its prompt."""
        return VideoScore(similarity(self.video_text_embedder, video, prompt.text))
