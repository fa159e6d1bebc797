"""VBench-Long's consistency: how steady a clip is in itself, and how like the clips of its video are to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SlowFast:
    """How the two make one score.

    Attributes:
        clip_to_clip: name of the dimension that compares the clips of a video.
        in_clip_weight: what the clip's own score counts.
        clip_to_clip_weight: what the comparison counts, once it is mapped.
        mapping: in-clip score that a comparison of 0, 1/(n-1), ... 1 stands for, n values.
    """

    clip_to_clip: str
    in_clip_weight: float
    clip_to_clip_weight: float
    mapping: Sequence[float]

    def mapped(self, likeness: float) -> float:
        """The in-clip score that a clip-to-clip likeness stands for; between the table's values on a straight line.

        >>> SlowFast("", 0.5, 0.5, (0.0, 0.8, 1.0)).mapped(0.75)
        0.9
        """
        place = min(max(likeness, 0.0), 1.0) * (len(self.mapping) - 1)
        below = min(int(place), len(self.mapping) - 2)
        share = place - below
        return self.mapping[below] * (1 - share) + self.mapping[below + 1] * share

    def fused(self, in_clip: float, likeness: float | None) -> float:
        """The score of a clip.

        Args:
            in_clip: the clip's own score, 0..1.
            likeness: of the clips of its video, 0..1; ``None`` where the video has one clip only.

        Returns:
            The weighted sum; the clip's own score where nothing was compared, and, as in the reference, where the
            comparison gives exactly 0.

        >>> SlowFast("", 0.5, 0.5, (0.0, 0.8, 1.0)).fused(0.7, 0.75)
        0.8
        """
        mapped = self.mapped(likeness) if likeness is not None else 0.0
        return self.in_clip_weight * in_clip + self.clip_to_clip_weight * mapped if mapped else in_clip
