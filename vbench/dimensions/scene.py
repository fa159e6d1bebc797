"""Scene: does the video show the place that the prompt names?

What it measures: whether sentences that describe the frames mention the scene of the prompt.

Formula (VBench, Huang et al., CVPR 2024, section 3.2, "Scene"): a frame is a hit if every word of the scene occurs in
its caption; a video's score is hits / frames.

Frames: 16, the middle ones of 16 equal parts, each scaled to the captioner's size while it is decoded, whatever its
shape; a shorter video repeats its last frame.

Range and direction: 0 to 1; higher is better. The leaderboard takes 0 for 0 % and 0.8222 for 100 %.

Unit of the mean: one frame (all hits divided by all captions).

Cost: six captions, about 20 seconds on one core of a CPU, whatever the length of the video.

Quirks of the reference that are kept: a word counts wherever its letters stand ("art" is in "party"), and the caption
of frame f tells of frame f // 3, so that the last ten frames have no influence. What every frame's
own caption gives is a dimension of its own, ``scene_corrected``, which stands beside this one and is never ranked.
"""

from __future__ import annotations

from typing import Any, ClassVar

from vbench.dimensions.backbones.base import Captioner
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.facts import named
from vbench.media.video import Video, middle_indices
from vbench.prompts.suite import Prompt

FRAMES = 16


def shows(caption: str, scene: str) -> bool:
    """Whether every word of the scene occurs in the caption.

    >>> shows("people dancing at a party near the sea", "art sea")
    True
    >>> shows("a quiet beach", "rocky beach")
    False
    """
    return all(word in caption for word in scene.split())


class Scene(Dimension):
    """Whether captions of the frames mention the scene."""

    name: ClassVar[str] = "scene"
    title: ClassVar[str] = "Scene"
    meaning: ClassVar[str] = "The frames show the place that the prompt names."
    roles: ClassVar[tuple[str, ...]] = ("captioner",)

    reference_conditioning: ClassVar[bool] = True
    captioner: Captioner

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """Share of the captions that mention the scene; ``per_frame`` holds 1 or 0 for each.

        Raises:
            NotApplicable: the prompt names no scene.
        """
        scene, size = named(prompt, "scene"), self.captioner.size
        indices = middle_indices(video.frame_count, FRAMES)
        frames = video.scaled_frames(indices, size, size)
        captions = self.captioner.captions(frames, self.reference_conditioning)
        hits = [float(shows(caption, scene)) for caption in captions]
        details: dict[str, Any] = {
            "frame_indices": indices,
            "captions": captions,
            "success_frame_count": int(sum(hits)),
            "frame_count": len(hits),
        }
        return VideoScore(sum(hits) / len(hits), weight=len(hits), per_frame=hits, details=details)


class SceneCorrected(Scene):
    """The same with the caption of every frame telling of that frame; outside the protocol."""

    name: ClassVar[str] = "scene_corrected"
    title: ClassVar[str] = "Scene, corrected"
    meaning: ClassVar[str] = "As scene, each frame judged by its own caption; not part of the protocol."
    reference_conditioning: ClassVar[bool] = False
