"""The static filter: which videos may be judged for temporal flickering.

Measures: if a video stands still, told by optical flow; moving videos flicker in the sense of that dimension only
because they move.

Formula (VBench, Huang et al., CVPR 2024, supplement): the radius of a pair is the mean length of its largest 2 % of
flow vectors. A video of ``T`` frames is static if at most ``k = round(T / 8)`` pairs of neighbours have a radius of
more than ``r = 3 * min(height, width) / 256`` pixels and if neither the way from the first frame to the last nor
the way back has one of more than ``2 * k * r``.

Frames: all, at their own size.

Range: static or not.

Unit: a video; it is a choice of videos, not a score.

Cost: two runs of the flow estimator for the ends, which settle most moving videos, and one for each pair of neighbours;
fewer where the video moves, as nothing is computed once the answer is sure.

Kept from the reference: the flow of the padding counts; up to four frames make ``k`` zero, so that such a video
passes only if its ends agree exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from vbench.dimensions.backbones.base import FlowEstimator
from vbench.dimensions.base import VERDICT, Dimension, VideoScore
from vbench.dimensions.flow_rules import is_static, largest_motion, static_limits
from vbench.errors import NotStatic, TooShort
from vbench.media.video import Video
from vbench.prompts.suite import Prompt

VERSION = 1
"""Raised whenever a verdict may change; it is part of what identifies the scores of filtered dimensions."""

SHARE = 0.02
"""Of the flow vectors of a pair, the largest, that make its radius."""


@dataclass(frozen=True)
class StaticVerdict:
    """What the filter says of one video, and why.

    Attributes:
        static: whether it stands still.
        threshold: pixels; the radius above which a pair of neighbours moves.
        allowed: how many pairs of neighbours may move.
        ends: pixels; the radii of first to last and last to first.
        neighbours: pixels; those of the neighbours in the order of time, as far as they were needed.
    """

    static: bool
    threshold: float
    allowed: int
    ends: tuple[float, ...]
    neighbours: tuple[float, ...]

    @property
    def radii(self) -> tuple[float, ...]:
        """Those of the neighbours, as far as they were needed, and of a static video those of the ends."""
        return (*self.neighbours, *(self.ends if self.static else ()))


class StaticFilter:
    """Tells static videos by optical flow."""

    def __init__(self, flow: FlowEstimator) -> None:
        self.flow = flow

    def is_static(self, video: Video) -> StaticVerdict:
        """Judge one video.

        Raises:
            TooShort: a single frame, which neither moves nor stands still.
            NotApplicable: the frames are too small for the flow estimator.
        """
        pairs = video.frame_count - 1
        if not pairs:
            raise TooShort(f"{video.path} has 1 frame, the static filter needs at least 2.")
        limits = static_limits(video.size, video.frame_count)
        ends = tuple(self.ends(video))
        neighbours = list[float]()
        static = is_static(neighbours, ends, limits)
        radii = self.neighbours(video) if static else iter(())
        for radius in radii:
            neighbours.append(radius)
            static = is_static(neighbours, ends, limits)
            if not static:
                break
        return StaticVerdict(static, limits.radius, limits.pairs, ends, tuple(neighbours))

    def radii(self, video: Video) -> Iterator[float]:
        """All radii, whatever they say: of the neighbours in the order of time, then of the ends; in pixels."""
        yield from self.neighbours(video)
        yield from self.ends(video)

    def ends(self, video: Video) -> Iterator[float]:
        """Radii of first to last and of last to first, in pixels."""
        first, last = video.frames([0, video.frame_count - 1])
        for flow in self.flow.flows((first, last, first)):
            yield largest_motion(flow, SHARE)

    def neighbours(self, video: Video) -> Iterator[float]:
        """Radii of the neighbours in the order of time, in pixels."""
        frames = (frame for batch in video.batches(self.flow.at_once) for frame in batch)
        for flow in self.flow.flows(frames):
            yield largest_motion(flow, SHARE)


class OfStaticVideos(Dimension):
    """A dimension that judges static videos only.

    Args:
        dimension: who judges them.
        static_filter: who tells which they are.
    """

    def __init__(self, dimension: Dimension, static_filter: StaticFilter) -> None:
        super().__init__()
        self.dimension, self.static_filter = dimension, static_filter

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """The dimension's score, with the filter's verdict among its details.

        Raises:
            NotStatic: the video moves.
        """
        verdict = self.static_filter.is_static(video)
        if not verdict.static:
            raise NotStatic(details_of(verdict))
        score = self.dimension.score(video, prompt)
        return replace(score, details={**score.details, **details_of(verdict)})


def details_of(verdict: StaticVerdict) -> dict[str, Any]:
    """A verdict as it stands in a row."""
    return {VERDICT: {**asdict(verdict), "ends": list(verdict.ends), "neighbours": list(verdict.neighbours)}}
