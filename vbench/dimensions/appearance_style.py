"""Appearance style: whether the frames look the way the prompt's style says.

Measures: how near each frame is to the words of the style ("Van Gogh style", "black and white"), in CLIP's space.

Formula (VBench, Huang et al., CVPR 2024, section 3.2 and supplement): mean over frames of
``exp(logit_scale) / 100 * cosine(frame, style)``. With OpenAI's weights the factor is 1.

Frames: all, scaled by PIL (bicubic, antialiased) to a shorter side of 224 px and cropped to the middle square.

Range: -1 to 1, in practice 0 to 0.3; higher is nearer to the style.

Unit of the mean: a frame, so that longer videos weigh more.

Cost: one image through CLIP ViT-B/32 for each frame (less than a tenth of a second on one processor core).

Kept from the reference: the text is the bare words of the style, without a sentence around it. Not kept: with several
processes the reference averages each video's last frame alone.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from vbench.dimensions.backbones.base import TextImageScorer
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.facts import named
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


def cosines(frames: Tensor, text: Tensor) -> Tensor:
    """``(T, D)`` and ``(D,)`` of any length but zero -> ``(T,)`` in [-1, 1].

    >>> cosines(Tensor([[1, 0], [3, 4]]), Tensor([0, 2]))
    tensor([0.0000, 0.8000])
    """
    return (F.normalize(frames, dim=1) * F.normalize(text, dim=0)).sum(1)


class AppearanceStyle(Dimension):
    """How near the frames are to the words of a style."""

    name: ClassVar[str] = "appearance_style"
    title: ClassVar[str] = "Appearance style"
    meaning: ClassVar[str] = "The frames look the way the prompt's style says."
    roles: ClassVar[tuple[str, ...]] = ("style_scorer",)

    style_scorer: TextImageScorer

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`Dimension`; ``per_frame`` holds each frame's value.

        Raises:
            NotApplicable: the prompt names no style.
        """
        scorer = self.style_scorer
        embeddings = video.memo(
            (scorer.name, "embed_as_images"),
            lambda: torch.cat([scorer.embed_as_images(batch) for batch in video.batches(scorer.at_once)]),
        )
        style = named(prompt, "appearance_style")
        logits = scorer.scale * cosines(embeddings, scorer.embed_text(style))
        frames = (logits.float() / 100).tolist()
        return VideoScore(math.fsum(frames) / len(frames), weight=len(frames), per_frame=frames)
