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

Cost: one or two runs of the flow estimator for the ends, which settle most moving videos, and one for each pair of
neighbours that is looked at, about seven of eight where the video stands still
(:mod:`vbench.dimensions.motion_evidence`).

Kept from the reference: the flow of the padding counts; up to four frames make ``k`` zero, so that such a video
passes only if its ends agree exactly.

Whoever changes a verdict raises ``FILTER_VERSION`` (:mod:`vbench.benchmarks.t2v`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from vbench.dimensions.backbones.base import FlowEstimator
from vbench.dimensions.base import VERDICT, Dimension, VideoScore
from vbench.dimensions.flow_rules import STATIC_SHARE, is_static, radii_of, static_limits
from vbench.dimensions.motion_evidence import Question, pixel_differences, radii_until_settled
from vbench.errors import NotStatic, TooShort
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


@dataclass(frozen=True)
class StaticVerdict:
    """What the filter says of one video, and why.

    Attributes:
        static: whether it stands still.
        threshold: pixels; the radius above which a pair of neighbours moves.
        allowed: how many pairs of neighbours may move.
        ends: pixels; the radii of first to last and last to first, as far as they were needed.
        neighbours: pixels; those of the pairs of neighbours that were looked at, in the order of time.
        frame_indices: first frame of each of these pairs.
        pairs: how many pairs of neighbours there are.
    """

    static: bool
    threshold: float
    allowed: int
    ends: tuple[float, ...]
    neighbours: tuple[float, ...]
    frame_indices: tuple[int, ...]
    pairs: int

    @property
    def looked_at(self) -> int:
        """How many pairs of neighbours were looked at."""
        return len(self.neighbours)


class StaticFilter:
    """Tells static videos by optical flow.

    Args:
        flow: who looks.
        all_pairs: whether what can no longer change the verdict is looked at, too.
    """

    def __init__(self, flow: FlowEstimator, all_pairs: bool = False) -> None:
        self.flow, self.all_pairs = flow, all_pairs

    def is_static(self, video: Video) -> StaticVerdict:
        """Judge one video.

        Raises:
            TooShort: a single frame, which neither moves nor stands still.
            NotApplicable: the frames are too small for the flow estimator.
        """
        pairs = len(pixel_differences(video, 1))
        if not pairs:
            raise TooShort(f"{video.path} has 1 frame, the static filter needs at least 2.")
        limits = static_limits(video.size, pairs + 1)
        ends = list[float]()
        for radius in self._ends(video, pairs):
            ends.append(radius)
            if not is_static([], ends, limits) and not self.all_pairs:
                break
        radii: dict[int, float] = {}
        if is_static([], ends, limits) or self.all_pairs:
            asked = Question(1, STATIC_SHARE, limits.radius, limits.pairs + 1)
            radii = radii_until_settled(video, self.flow, asked, self.all_pairs)
        neighbours = tuple(radii.values())
        static = is_static(neighbours, ends, limits)
        return StaticVerdict(static, limits.radius, limits.pairs, tuple(ends), neighbours, tuple(radii), pairs)

    def _ends(self, video: Video, pairs: int) -> Iterator[float]:
        """Radii of first to last and of last to first, in pixels."""
        first, last = video.frames([0, pairs])
        for flow in self.flow.flows([(first, last), (last, first)]):
            yield radii_of(flow)[STATIC_SHARE]


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
    lists = {name: list(told) if isinstance(told, tuple) else told for name, told in asdict(verdict).items()}
    return {VERDICT: {**lists, "looked_at": verdict.looked_at}}
