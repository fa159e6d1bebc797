"""FreeNoise: a model trained on short clips samples long ones, with shared noise and attention in windows.

Qiu et al., "FreeNoise: Tuning-Free Longer Video Diffusion via Noise Rescheduling" (ICLR 2024). Section 4.1: frames
after the first window take the noise of earlier frames in another order, so that distant frames agree. Section 4.2:
each temporal self-attention looks at overlapping windows of the trained length, and what they say of a frame is
averaged with weights that fall off from the window's middle.

Published: 64 frames, window 16, stride 4, DDIM with eta 0 (noise added while sampling would undo the sharing).

Section 4.3: a video of several prompts, one after the other ("motion injection"). The U-Net's way up, which makes the
motion, is told of each frame the prompt of its time, and what lies between two prompts in a straight line; its way down
and its middle, which make the looks, are told the last prompt of every frame. Published for two prompts: the first
``int(3 F / 8)`` frames have the one, as many at the end the other.

Diffusers' FreeNoise, on AnimateDiff, is another one: it fuses what two attentions and their residuals give together,
adds a last window so that every frame is covered, shuffles with ``torch.randperm`` and has further weightings. The
pyramid of an even window and the recursion of the noise are the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Window = tuple[int, int]
"""First frame and the one after the last."""


def shuffled_segments(frames: int, window: int, stride: int, rng: random.Random) -> list[list[int]]:
    """For each segment of ``stride`` frames after the first window: the frames one window earlier, shuffled.

    Args:
        frames: of the video.
        window: frames the model was trained on.
        stride: frames from one window to the next.
        rng: shuffles; ``random.Random(seed)`` gives the published code's order after ``random.seed(seed)``.

    Returns:
        One permutation of ``[start - window, start - window + stride)`` per start ``window, window + stride, ...``.
    """
    segments = [list(range(start - window, start - window + stride)) for start in range(window, frames, stride)]
    for segment in segments:
        rng.shuffle(segment)
    return segments


def source_frames(frames: int, window: int, stride: int, segments: Sequence[Sequence[int]]) -> list[int]:
    """Which frame's own noise each frame gets in the end.

    A segment copies frames that may be copies themselves. Where the last segment has fewer frames than the stride,
    the first so many are taken (the published code knows whole segments alone).

    Args:
        frames: of the video.
        window: frames the model was trained on.
        stride: frames from one window to the next.
        segments: of :func:`shuffled_segments`.

    Returns:
        ``frames`` indices, the first ``window`` of them 0, 1, 2, ...
    """
    sources = list(range(frames))
    for start, segment in zip(range(window, frames, stride), segments, strict=True):
        sources[start : start + stride] = [sources[frame] for frame in segment[: frames - start]]
    return sources


def rescheduled(noise: Tensor, window: int, stride: int, segments: Sequence[Sequence[int]]) -> Tensor:
    """The initial noise of a long video.

    Args:
        noise: ``(B, C, F, H, W)``; frames from ``window`` on are not read.
        window: frames the model was trained on.
        stride: frames from one window to the next.
        segments: of :func:`shuffled_segments`.

    Returns:
        A tensor like ``noise``.
    """
    return noise[:, :, source_frames(noise.shape[2], window, stride, segments)]


def windows(frames: int, window: int, stride: int) -> list[Window]:
    """Windows from the first frame on, as many as fit; frames at the end may be in none.

    Args:
        frames: of the video.
        window: frames of a window.
        stride: frames from one window to the next.

    Returns:
        Pairs of first frame and the one after the last; none where the video is shorter than a window.
    """
    return [(start, start + window) for start in range(0, frames - window + 1, stride)]


def pyramid(window: int) -> list[int]:
    """Weights of a window's frames: 1, 2, 3, 3, 2, 1 or 1, 2, 3, 2, 1."""
    return [min(place + 1, window - place) for place in range(window)]


def fused(outputs: Sequence[Tensor], places: Sequence[Window], frames: int) -> Tensor:
    """What windows say of each frame, averaged with :func:`pyramid` weights.

    Args:
        outputs: one ``(..., window, C)`` per window, any float dtype.
        places: the windows, in the same order.
        frames: of the video.

    Returns:
        ``(..., frames, C)``; 0 for frames that no window covers.
    """
    total = outputs[0].new_zeros((*outputs[0].shape[:-2], frames, outputs[0].shape[-1]))
    weight = outputs[0].new_zeros((frames, 1))
    for output, (start, stop) in zip(outputs, places, strict=True):
        weights = torch.tensor(pyramid(stop - start), dtype=output.dtype, device=output.device)[:, None]
        total[..., start:stop, :] += output * weights
        weight[start:stop] += weights
    return torch.where(weight > 0, total / weight, total)


def windowed_attention(
    attend: Callable[[Tensor, Tensor, Tensor], Tensor], q: Tensor, k: Tensor, v: Tensor, window: int, stride: int
) -> Tensor:
    """A temporal self-attention in windows: its place is between the projections and the output projection.

    Queries, keys and values are projected once for all frames, each window attends within itself, and the heads'
    outputs are fused; frames in no window get 0, so that the output projection leaves its bias of them. A video that
    is shorter than a window is attended to as a whole.

    Args:
        attend: attention of ``(..., frames, D)`` queries, keys and values; positions are relative to the window.
        q: ``(..., frames, D)``.
        k: like ``q``.
        v: like ``q``.
        window: frames of a window.
        stride: frames from one window to the next.

    Returns:
        ``(..., frames, D)``.
    """
    frames = q.shape[-2]
    places = windows(frames, window, stride) or [(0, frames)]
    parts = [attend(*(x[..., start:stop, :] for x in (q, k, v))) for start, stop in places]
    return fused(parts, places, frames)


PROMPTS = ";"
"""What stands between the prompts of a video."""


def injected(texts: Tensor, frames: int) -> Tensor:
    """What the way up is told of each frame.

    Each prompt has an equal share of the frames; a quarter of a share on both sides of a border leads from one to the
    next.

    Args:
        texts: ``(N, L, C)``, the features of the prompts in their order.
        frames: of the video, at least ``2 N``.

    Returns:
        ``(frames, L, C)``.
    """
    count = len(texts)
    leave = [int(frames * (4 * border - 1) / (4 * count)) for border in range(1, count)]
    arrive = [frames - 1 - frame for frame in reversed(leave)]
    place = torch.zeros(frames, dtype=torch.float64)
    for last, first in zip(leave, arrive, strict=True):
        way = torch.arange(frames, dtype=torch.float64) - last
        place += (way / max(first - last, 1)).clamp(0, 1)
    before = place.floor().long().clamp(max=count - 1)
    after = (before + 1).clamp(max=count - 1)
    share = (place - before).to(texts)[:, None, None]
    return texts[before.to(texts.device)] * (1 - share) + texts[after.to(texts.device)] * share
