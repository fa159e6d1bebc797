"""The formula that subject and background consistency share: how much a frame is like its past."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from vbench.dimensions.backbones.base import FrameEmbedder
from vbench.dimensions.base import VideoScore
from vbench.errors import TooShort
from vbench.media.video import Video


def frame_embeddings(video: Video, embedder: FrameEmbedder) -> Tensor:
    """Every frame's embedding, ``(T, D)``; computed once per video and embedder, as many together as it takes."""
    return video.memo(
        (embedder.name, "embed"),
        lambda: torch.cat([embedder.embed(batch) for batch in video.batches(embedder.at_once)]),
    )


def likeness_to_past(features: Tensor) -> Tensor:
    """How like each frame is to the one before it and to the first.

    Args:
        features: ``(T, D)``, of any length but zero; the cosines are computed in their precision.

    Returns:
        ``(T - 1,)`` float32 in [0, 1]: the mean of both cosines, each of them zero where it is negative. The first
        value is of frame 1.

    >>> likeness_to_past(Tensor([[1, 0], [0, 2], [3, 0], [-1, 0]]))
    tensor([0.0000, 0.5000, 0.0000])
    """
    unit = F.normalize(features, dim=1)
    now = unit[1:]
    to_previous, to_first = (now * unit[:-1]).sum(1).float(), (now * unit[:1]).sum(1).float()
    return ((to_previous.clamp(min=0) + to_first.clamp(min=0)) / 2).clamp(max=1)


def consistency(video: Video, embedder: FrameEmbedder) -> VideoScore:
    """Mean likeness of a video's frames to their past; it weighs as much as it has pairs of frames.

    Raises:
        TooShort: a single frame has no past.
    """
    return consistency_of(frame_embeddings(video, embedder), video)


def consistency_of(features: Tensor, video: Video) -> VideoScore:
    """The same from the embeddings of a video's frames, ``(T, D)``.

    Raises:
        TooShort: a single frame has no past.
    """
    likeness = likeness_to_past(features).tolist()
    if not likeness:
        raise TooShort(f"{video.path} has 1 frame; consistency compares frames and needs at least 2.")
    return VideoScore(math.fsum(likeness) / len(likeness), weight=len(likeness), per_frame=likeness)
