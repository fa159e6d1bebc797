"""Clip-to-clip likeness: whether a long video still shows what it showed at first.

Measures: how alike the first frames of a video's clips are, each to the one before and to the very first.

Formula (VBench-Long, the fast term): as subject and background consistency, of the first frames of the clips instead of
all frames: ``1 / (n - 1) * sum over i = 2..n of (<d_1, d_i> + <d_{i-1}, d_i>) / 2``, negative cosines counted as zero.

Frames: the first of each clip.

Range: 0 to 1, higher is more alike. It is no dimension of the protocol: mapped onto the scale of the in-clip score, it
is the half of subject and of background consistency there.

Unit of the mean: a video.

Cost: one image through the embedder for each clip.

Kept from the reference: the likeness is of first frames, which a cut at the border of two clips moves most.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from vbench.dimensions.backbones.base import FrameEmbedder, PictureEmbedder
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.consistency import consistency, consistency_of
from vbench.dimensions.picture_likeness import embedded
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


class SubjectClipToClip(Dimension):
    """How like the subject is to itself from clip to clip."""

    name: ClassVar[str] = "subject_clip_to_clip"
    title: ClassVar[str] = "Subject, clip to clip"
    meaning: ClassVar[str] = "The subject looks the same in all clips of the video."
    roles: ClassVar[tuple[str, ...]] = ("subject_clip_embedder",)

    subject_clip_embedder: FrameEmbedder

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`Dimension`; ``video`` holds the first frame of each clip.

        Raises:
            TooShort: a single clip.
        """
        return _each_video_once(consistency(video, self.subject_clip_embedder))


class BackgroundClipToClip(Dimension):
    """How like the scene is to itself from clip to clip."""

    name: ClassVar[str] = "background_clip_to_clip"
    title: ClassVar[str] = "Background, clip to clip"
    meaning: ClassVar[str] = "The scene looks the same in all clips of the video."
    roles: ClassVar[tuple[str, ...]] = ("background_clip_embedder",)

    background_clip_embedder: PictureEmbedder

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`Dimension`; ``video`` holds the first frame of each clip.

        Raises:
            TooShort: a single clip.
        """
        return _each_video_once(consistency_of(embedded(video, self.background_clip_embedder), video))


class PlainSubjectClipToClip(SubjectClipToClip):
    """The same by what judges the frames of a clip."""

    roles: ClassVar[tuple[str, ...]] = ("subject_embedder",)

    subject_embedder: FrameEmbedder

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`SubjectClipToClip`."""
        return _each_video_once(consistency(video, self.subject_embedder))


class PlainBackgroundClipToClip(BackgroundClipToClip):
    """The same by what judges the frames of a clip."""

    roles: ClassVar[tuple[str, ...]] = ("background_embedder",)

    background_embedder: FrameEmbedder

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`BackgroundClipToClip`."""
        return _each_video_once(consistency(video, self.background_embedder))


def _each_video_once(score: VideoScore) -> VideoScore:
    return replace(score, weight=1.0)
