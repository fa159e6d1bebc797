"""The formula that both image-to-video likenesses share: how true a video stays to the picture that it starts from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from vbench.dimensions.backbones.base import PictureEmbedder
from vbench.dimensions.base import VideoScore
from vbench.errors import NotApplicable, TooShort
from vbench.media.video import Video
from vbench.prompts.suite import Prompt

BEST_FRAME, MEAN_STEP, WORST_STEP = 0.4, 0.3, 0.3
"""Weights of the frame most like the picture, of the mean of all steps from frame to frame, and of the worst step."""


def likeness_score(to_picture: Sequence[float], steps: Sequence[float]) -> float:
    """The score of a video.

    Args:
        to_picture: likeness of each frame to the picture, 0..1.
        steps: likeness of each frame after the first to the one before, 0..1.

    >>> likeness_score([0.5, 1.0, 0.5], [0.8, 0.6])
    0.79
    """
    mean = math.fsum(steps) / len(steps)
    return BEST_FRAME * max(to_picture) + MEAN_STEP * mean + WORST_STEP * min(steps)


def picture_likeness(video: Video, prompt: Prompt, embedder: PictureEmbedder) -> VideoScore:
    """How true a video stays to its picture; ``per_frame`` holds the likeness of each frame to the picture.

    Raises:
        TooShort: a single frame has no step.
        NotApplicable: the prompt has no picture.
        VideoError: the picture cannot be read.
    """
    if prompt.image is None:
        raise NotApplicable(
            f"The prompt {prompt.text!r} brings no picture that the video should start from. Name their folder: "
            "--images FOLDER."
        )
    picture = F.normalize(embedder.embed_picture(Video(prompt.image).frames([0])[0]), dim=0)
    frames = F.normalize(embedded(video, embedder), dim=1)
    steps = (frames[1:] * frames[:-1]).sum(1).clamp(0, 1).tolist()
    if not steps:
        raise TooShort(f"{video.path} has 1 frame; frames are compared with those before them, which needs at least 2.")
    to_picture = (frames @ picture).clamp(0, 1).tolist()
    return VideoScore(
        likeness_score(to_picture, steps),
        per_frame=to_picture,
        details={"image": str(prompt.image), "steps": steps},
    )


def embedded(video: Video, embedder: PictureEmbedder) -> Tensor:
    """Every frame's embedding, ``(T, D)``; computed once per video and embedder."""
    return video.memo(
        (embedder.name, "embed_frames"),
        lambda: torch.cat([embedder.embed_frames(batch) for batch in video.batches(embedder.at_once)]),
    )
