"""A video whose pictures nobody recognises: for pages about faces, and about what may not be fit to be shown.

Whole frames become a few blocks, not faces alone: a detector that misses one would show it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vbench.media.decode import Frame
from vbench.media.video import Video

if TYPE_CHECKING:
    from torch import Tensor

BLOCKS = 8
"""Along the longer side of a frame."""


class VeiledVideo(Video):
    """A :class:`Video` that gives blurred frames, and nothing else."""

    def scaled_frames(self, indices: Sequence[int], height: int, width: int) -> Tensor:
        """As of :class:`Video`, blurred."""
        return veiled(super().scaled_frames(indices, height, width))

    def _frames(self) -> Iterator[Frame]:
        import torch

        for frame in super()._frames():
            yield veiled(torch.from_numpy(frame).permute(2, 0, 1)[None])[0].permute(1, 2, 0).contiguous().numpy()


def veiled(frames: Tensor) -> Tensor:
    """``(N, 3, H, W)`` uint8 -> the same shape, of which only the means of a few blocks are left."""
    from torch.nn.functional import adaptive_avg_pool2d, interpolate

    height, width = frames.shape[-2:]
    scale = min(1.0, BLOCKS / max(height, width))
    blocks = adaptive_avg_pool2d(frames.float(), (max(1, round(scale * height)), max(1, round(scale * width))))
    return interpolate(blocks, (height, width), mode="bilinear").round().byte()
