"""Dynamic degree: whether anything moves.

Measures: if a video shows motion at all, of the camera or of what is in front of it, told by optical flow. It says
nothing of how good the motion is; it keeps a model from winning the other dimensions with stills.

Formula (VBench, Huang et al., CVPR 2024, section 3.2 and supplement): the radius of a pair of sampled neighbours is
the mean length of its largest 5 % of flow vectors; a pair moves where that exceeds ``6 * min(height, width) / 256``
pixels; a video moves with at least ``round(n / 4)`` moving pairs of ``n`` sampled frames.

Frames: every ``max(1, round(fps / 8))``-th, at their own size; a folder of stills counts as 8 frames per second.

Range: 0 or 1 for a video; the mean is the share of videos that move. Higher is more dynamic, not better.

Unit of the mean: a video.

Cost: one run of the flow estimator for each pair that is looked at (RAFT: about a second for 320x192 px on one
processor core): a quarter of the pairs of a video that moves all over, three quarters of those of one that stands
still (:mod:`vbench.dimensions.motion_evidence`).

Kept from the reference: the flow of the padding counts; two sampled frames need no moving pair and always move
(``round(2 / 4)`` is 0). Not kept: a single sampled frame, and frames that RAFT cannot see, are reasons not to score
instead of stillness.
"""

from __future__ import annotations

from typing import ClassVar

from vbench.dimensions.backbones.base import FlowEstimator
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.flow_rules import MOVING_SHARE, is_moving, moving_limits
from vbench.dimensions.motion_evidence import Question, pixel_differences, radii_until_settled
from vbench.errors import TooShort
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


def sampling_step(fps: float) -> int:
    """Every how many frames to look to see about eight a second.

    >>> [sampling_step(fps) for fps in (4, 8, 12, 20, 24, 30)]  # 1.5 and 2.5 round to even
    [1, 1, 2, 2, 3, 4]
    """
    return max(1, round(fps / 8))


class DynamicDegree(Dimension):
    """Whether a video moves."""

    name: ClassVar[str] = "dynamic_degree"
    title: ClassVar[str] = "Dynamic degree"
    meaning: ClassVar[str] = "Something moves: the camera, or what is in front of it."
    roles: ClassVar[tuple[str, ...]] = ("flow",)

    flow: FlowEstimator

    @classmethod
    def fewest_frames(cls, fps: float) -> int:
        """See :class:`Dimension`."""
        return sampling_step(fps) + 1

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`Dimension`; ``per_frame`` holds the radius of each pair that was looked at, in pixels.

        Raises:
            TooShort: only one frame is sampled.
            NotApplicable: the frames are too small for the flow estimator.
        """
        step = sampling_step(video.fps)
        pairs = len(pixel_differences(video, step))
        if not pairs:
            raise TooShort(
                f"{video.path} has {video.frame_count} frames, of which one is looked at ({video.fps:g} per second, "
                f"every {step}. counts); dynamic degree needs at least {step + 1}."
            )
        limits = moving_limits(video.size, pairs + 1)
        asked = Question(step, MOVING_SHARE, limits.radius, limits.pairs)
        radii = radii_until_settled(video, self.flow, asked, self.all_pairs)
        moving = is_moving([*radii.values()], limits)
        details = {
            "moving": moving,
            "threshold": limits.radius,
            "needed": limits.pairs,
            "looked_at": len(radii),
            "pairs": pairs,
            "frame_indices": [step * pair for pair in radii],
        }
        return VideoScore(float(moving), per_frame=[*radii.values()], details=details)
