"""Global motion: where a grid goes if the whole picture moves, turns and grows as its corners do; no weights.

- Papers: Shi and Tomasi, "Good Features to Track", CVPR 1994; Lucas and Kanade's flow in pyramids; a similarity fitted
  by RANSAC, all as OpenCV has them (Apache-2.0).
- Checkpoint: none.
- Input: uint8 RGB frames, as greys.
- Output: the grid of the first frame, carried along by the similarity from each frame to the next.

A frame without corners, such as a blank one, says nothing and moves nothing. It stands in for CoTracker2 in the
``lite`` profile, whose scores compare with nothing but themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vbench.dimensions.backbones.base import PointTracker, grid_points
from vbench.errors import MissingExtra

CORNERS, APART, CLEAR = 400, 8, 0.01
"""At most so many corners, so many pixels apart, at least so clear beside the clearest."""

ENOUGH = 8
"""Corners that a similarity is fitted to, at least."""

STRAYS = 2.0
"""Pixels by which a corner may miss the similarity."""

Matrix = NDArray[np.float64]
"""``(2, 3)``: a turn with growth, and a shift."""


class GlobalMotion(PointTracker):
    """Tracks by one similarity a step."""

    name: ClassVar[str] = "global_motion"
    extra: ClassVar[str] = "lite"

    def __init__(self, cv2: Any) -> None:
        self.cv2 = cv2

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Find OpenCV, which works on the CPU whatever ``device`` is.

        Raises:
            MissingExtra: OpenCV is not installed.
        """
        try:
            import cv2
        except ModuleNotFoundError as error:
            raise MissingExtra('Global motion needs OpenCV: pip install "vbench-suite[lite]"') from error
        return cls(cv2)

    def tracks(self, frames: Iterable[Tensor]) -> Tensor:
        """See :meth:`PointTracker.tracks`; any number of frames will do."""
        tracks = list[Tensor]()
        greys = (self._grey(frame) for frame in frames)
        first = next(greys)
        tracks.append(grid_points(*first.shape))

        def from_first() -> Iterable[Any]:
            yield first
            yield from greys

        for before, after in pairwise(from_first()):
            matrix = torch.from_numpy(self._similarity(before, after)).float()
            tracks.append(tracks[-1] @ matrix[:, :2].T + matrix[:, 2])
        return torch.stack(tracks)

    def _grey(self, frame: Tensor) -> Any:
        return self.cv2.cvtColor(frame.permute(1, 2, 0).contiguous().numpy(), self.cv2.COLOR_RGB2GRAY)

    def _similarity(self, before: Any, after: Any) -> Matrix:
        still = np.eye(2, 3)
        corners = self.cv2.goodFeaturesToTrack(before, CORNERS, CLEAR, APART)
        if corners is None:
            return still
        found, seen, _ = self.cv2.calcOpticalFlowPyrLK(before, after, corners, None)
        seen = seen[:, 0] == 1
        if seen.sum() < ENOUGH:
            return still
        self.cv2.setRNGSeed(0)  # RANSAC draws; the same frames give the same motion
        matrix, _ = self.cv2.estimateAffinePartial2D(corners[seen], found[seen], ransacReprojThreshold=STRAYS)
        return still if matrix is None else np.asarray(matrix)
