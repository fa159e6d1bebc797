"""Imaging quality by a measure of one's own choice, outside the protocol.

Measures: what the chosen no-reference measure of pyiqa does (``--imaging-metric NAME``).

Formula: the mean over frames of the measure's value, in its own unit.

Frames: all, at the size that they have.

Range and direction: the measure's; ``details`` say whether lower is better.

Unit of the mean: a video.

Cost: the measure's.

It has no bounds and no weight in the protocol: it stands on the score card without side and normalised score, enters
neither Quality nor Total, and a run that has it compares with no leaderboard.
"""

from __future__ import annotations

import math
from typing import ClassVar

from vbench.dimensions.backbones.base import Backbone, QualityMeasures
from vbench.dimensions.base import Dimension, VideoScore
from vbench.errors import NotApplicable, UsageError
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


class ImagingQualityByMetric(Dimension):
    """The mean of a chosen measure over the frames.

    Args:
        metric: name of the measure.
        backbones: by role.

    Raises:
        UsageError: no measure is named, or there is none of that name.
        CheckpointError: its weights cannot be had.
        MissingExtra: a package that it needs is not installed.
    """

    name: ClassVar[str] = "imaging_quality_by_metric"
    title: ClassVar[str] = "Imaging quality by a chosen measure"
    meaning: ClassVar[str] = "What the chosen measure says, on its own scale; not part of the protocol."
    roles: ClassVar[tuple[str, ...]] = ("quality_measures",)

    quality_measures: QualityMeasures

    def __init__(self, *, metric: str = "", **backbones: Backbone) -> None:
        super().__init__(**backbones)
        if not metric:
            raise UsageError(f"{self.name} needs the name of a measure: vbench evaluate VIDEOS --imaging-metric NAME")
        self.measure = self.quality_measures.choose(metric)

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`Dimension`; ``per_frame`` holds each frame's value, ``details`` the measure and its direction."""
        frames: list[float] = []
        for batch in video.batches(self.quality_measures.at_once):
            frames += self.measure.rate(batch).tolist()
        undefined = [index for index, value in enumerate(frames) if not math.isfinite(value)]
        if undefined:
            height, width = video.size
            raise NotApplicable(
                f"{self.measure.name} gives no number for frame {undefined[0]} of {width}x{height} px; "
                "score larger or less uniform videos, or choose another measure."
            )
        details = {"metric": self.measure.name, "lower_better": self.measure.lower_better}
        return VideoScore(math.fsum(frames) / len(frames), per_frame=frames, details=details)
