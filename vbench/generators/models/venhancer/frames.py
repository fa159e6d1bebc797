"""Which frames VEnhancer takes of a clip, which it creates between them, and how a long video is denoised in chunks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, arange

from vbench.generators.models.venhancer.weights_files import MOST


def between(fps: float, target_fps: float) -> int:
    """Frames that are created between two, so that the rate comes near to the target; a picture has none.

    >>> between(10, 24), between(8, 24), between(24, 8), between(10, 0), between(0, 24)
    (1, 2, 0, 0, 0)
    """
    return max(round(target_fps / fps) - 1, 0) if fps else 0


def taken(frames: int, created: int, most: int = MOST) -> int:
    """How many frames of a clip are taken; the ones behind them are left out.

    Args:
        frames: of the clip.
        created: between two of them.
        most: frames of a result.

    >>> taken(16, 0), taken(60, 0), taken(16, 2), taken(40, 1)
    (16, 48, 16, 24)
    """
    frames = min(frames, most)
    return frames if frames + created * (frames - 1) <= most else max(most // (1 + created), 1)


def key_frames(frames: int, created: int) -> Tensor:
    """Which frames of the result are those of the clip, ``(F,)`` bool."""
    return arange(frames + created * (frames - 1)) % (1 + created) == 0


OVERLAP = 0.5
"""Share of a chunk that the next one begins with."""

REST = 1.25
"""Times a chunk's length: what is left and no longer is one chunk."""


@dataclass(frozen=True)
class Chunk:
    """A stretch of the result that is denoised at once.

    Attributes:
        start: its first frame.
        stop: the one after its last.
        kept_from: the first frame that is taken of it; those before are the chunk before's.
        kept_to: the one after the last.
    """

    start: int
    stop: int
    kept_from: int
    kept_to: int


def chunks(frames: int, created: int, longest: int) -> list[Chunk]:
    """Chunks of a result, as public copies of VEnhancer's later code make them: overlapping, cut in the middle.

    Each begins and ends with a key frame.

    >>> [(one.start, one.stop, one.kept_from, one.kept_to) for one in chunks(61, 0, 32)]
    [(0, 32, 0, 24), (16, 48, 24, 40), (32, 61, 40, 61)]

    Args:
        frames: of the result.
        created: between two key frames.
        longest: frames of a chunk, at most but for the last.

    Raises:
        ValueError: so few frames hold no two key frames beside the overlap.
    """
    step = created + 1
    length, overlap = (int((most - 1) // step * step + 1) for most in (longest, longest * OVERLAP))
    if not 0 < overlap < length:
        raise ValueError(f"{longest} frames are no chunk where {created} are created between two.")
    starts = [0]
    while starts[-1] + length * REST < frames:
        starts.append(starts[-1] + length - overlap)
    cuts = [0, *(start + overlap // 2 for start in starts[1:]), frames]
    stops = [*(start + length for start in starts[:-1]), frames]
    return [Chunk(start, stop, *cut) for start, stop, cut in zip(starts, stops, pairwise(cuts), strict=True)]
