"""DIS optical flow and half-way frames along it: classical vision, no weights.

- Paper: Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016, as OpenCV has it (Apache-2.0),
  preset medium.
- Checkpoint: none.
- Input: two uint8 RGB frames of one size, sides of at least 48 px, as greys.
- Output: flow of the frames' own size (nothing is padded); or the frame between them, each taken half-way along the
  mean of the flows there and back, and averaged.

They stand in for RAFT and AMT in the ``lite`` profile, whose scores compare with nothing but themselves.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from vbench.dimensions.backbones.base import Backbone, FlowEstimator, FrameInterpolator
from vbench.dimensions.backbones.warping import warp
from vbench.errors import MissingExtra, NotApplicable

SMALLEST = 48
"""Pixels: on smaller frames OpenCV changes its own settings for good, or reads beyond its buffers."""


class _DenseInverseSearch(Backbone):
    """OpenCV's estimator of flow."""

    extra: ClassVar[str] = "lite"

    def __init__(self, search: Any) -> None:
        self.search = search

    @classmethod
    def too_small(cls, height: int, width: int) -> str:
        """See :class:`Backbone`."""
        if min(height, width) >= SMALLEST:
            return ""
        return (
            f"Frames of {width}x{height} px are too small for DIS flow, which needs sides of at least {SMALLEST} px. "
            "Score larger videos."
        )

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Make OpenCV's estimator, which works on the CPU whatever ``device`` is.

        Raises:
            MissingExtra: OpenCV is not installed.
        """
        try:
            import cv2
        except ModuleNotFoundError as error:
            raise MissingExtra('DIS flow needs OpenCV. Install it with: pip install "vbench-suite[lite]"') from error
        return cls(cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM))

    def _flow(self, first: Tensor, second: Tensor) -> Tensor:
        height, width = first.shape[-2:]
        if told := self.too_small(height, width):
            raise NotApplicable(told)
        pairs = zip(_greys(first), _greys(second), strict=True)
        flows = [torch.from_numpy(self.search.calc(start.numpy(), end.numpy(), None)) for start, end in pairs]
        return torch.stack(flows).permute(0, 3, 1, 2).contiguous()


class DisFlow(_DenseInverseSearch, FlowEstimator):
    """Optical flow by dense inverse search."""

    name: ClassVar[str] = "dis_flow"

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        """Two ``(N, 3, H, W)`` uint8 RGB -> ``(N, 2, H, W)`` float32: pixels right, pixels down.

        Raises:
            NotApplicable: a side is shorter than 48 px.
        """
        return self._flow(first, second)


class DisInterpolation(_DenseInverseSearch, FrameInterpolator):
    """Half-way frames along DIS flow."""

    name: ClassVar[str] = "dis_interpolation"

    def middle(self, first: Tensor, last: Tensor) -> Tensor:
        """Two ``(N, 3, H, W)`` uint8 RGB -> ``(N, 3, H, W)`` uint8 RGB.

        Raises:
            NotApplicable: a side is shorter than 48 px.
        """
        half_way = (self._flow(first, last) - self._flow(last, first)) / 4
        blend = (warp(first.float(), -half_way) + warp(last.float(), half_way)) / 2
        return blend.round().to(torch.uint8)


def _greys(frames: Tensor) -> Tensor:
    """``(N, 3, H, W)`` uint8 RGB -> ``(N, H, W)`` uint8, by Rec. 601's luma."""
    red, green, blue = frames.float().unbind(1)
    return (0.299 * red + 0.587 * green + 0.114 * blue).round().to(torch.uint8)
