"""Scores of frames in memory: for training loops, reward models and notebooks.

The numbers are those of ``vbench evaluate`` on a lossless file of the same frames, whatever the caller has switched for
networks of his own: autocast, TF32, another dtype or device for new tensors. Nothing is written.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench import device as devices
from vbench.arithmetic import strictly
from vbench.benchmarks.registry import benchmark_named, benchmark_with
from vbench.dimensions.base import VideoScore
from vbench.dimensions.facts import demand_facts
from vbench.dimensions.profiles import in_precision, refuse_elsewhere
from vbench.dimensions.profiles import profile as profile_named
from vbench.errors import NotApplicable, TooShort, UsageError
from vbench.media.decode import ASSUMED_FPS
from vbench.media.frames_in_memory import Frames, FramesVideo
from vbench.media.video import Video
from vbench.prompts.suite import Prompt
from vbench.runs.cache_key import judge_key
from vbench.runs.evaluators import Evaluators

if TYPE_CHECKING:
    import torch


_TURN = threading.RLock()


@contextmanager
def _alone() -> Iterator[None]:
    """One score after the other: what float32 is multiplied by holds for all threads of the process."""
    with _TURN, strictly():
        yield


class Scorer:
    """Dimensions with their models loaded once, ready for any number of videos.

    Args:
        dimensions: names, such as ``["subject_consistency", "motion_smoothness"]``.
        profile: ``"official"``, ``"lite"``, or one that a package brings.
        device: ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or a ``torch.device``.
        options: settings by dimension that differ from the protocol's, as
            ``{"imaging_quality": {"preprocessing": "shorter"}}``.
        benchmark: whose dimensions they are, such as ``"vbench-i2v"``; text to video's by default.
        precision: ``"strict"``, float32; or ``"fast"``, TF32 on CUDA where it moves no score by more than 1e-4.

    Raises:
        UsageError: no dimension, an unknown dimension, profile or device, or a model or package that is not here, with
            the command that gets it.
        CheckpointError: a model's file is damaged or does not fit whole.

    >>> import numpy as np
    >>> scorer = Scorer(["temporal_flickering"], profile="lite", device="cpu")
    >>> still = np.full((8, 3, 64, 64), 128, np.uint8)
    >>> scorer.score(still)["temporal_flickering"].value
    1.0
    """

    def __init__(
        self,
        dimensions: Sequence[str],
        profile: str = "official",
        device: str | torch.device = "auto",
        options: Mapping[str, Mapping[str, Any]] | None = None,
        benchmark: str | None = None,
        precision: str = "strict",
    ) -> None:
        if isinstance(dimensions, str) or not dimensions:
            raise UsageError(f"Name the dimensions as a list, such as ['imaging_quality']; found {dimensions!r}.")
        chosen = benchmark_named(benchmark) if benchmark else benchmark_with(dimensions)
        where = devices.choose(str(device))
        judges = profile_named(in_precision(profile, precision=precision))
        refuse_elsewhere(judges, where)
        evaluators = Evaluators(judges, where, options=options or {}, benchmark=chosen)
        self._needs = {name: evaluators.spec(name).needs for name in dimensions}
        for name in dimensions:
            if obstacle := evaluators.obstacle(name):
                raise UsageError(f"{name} cannot be scored: {obstacle}")
        self._evaluators = evaluators
        for name in dimensions:
            evaluators.dimension(name)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of what is scored, in the order in which they were given."""
        return tuple(self._needs)

    @property
    def profile(self) -> str:
        """Name of the profile, with the precision where it is not the strict one."""
        return self._evaluators.profile.name

    def made_with(self) -> dict[str, str]:
        """Dimension -> digest of all that can change its scores of a video: versions, checkpoints, options, device."""
        return {name: judge_key(self._evaluators.signature(name)) for name in self._needs}

    def score(
        self, frames: Frames | str | Path, prompt: str | Prompt = "", fps: float = ASSUMED_FPS
    ) -> dict[str, VideoScore]:
        """Score one video.

        Args:
            frames: ``(T, 3, H, W)`` or ``(T, H, W, 3)`` RGB, a tensor on any device or an array, uint8 or floating in
                [0, 1]; a list of PIL images; or the path of a video.
            prompt: what the video should show; a :class:`~vbench.prompts.suite.Prompt` where a dimension needs facts.
            fps: frames per second; a path states its own.

        Returns:
            Dimension -> score, in the dimension's own unit and range.

        Raises:
            TooShort: a dimension needs more frames.
            NotApplicable: a dimension cannot judge this video or prompt; with the reason.
            VideoError: the frames are no video.
        """
        with _alone():
            video, wanted = _video(frames, fps), _prompt(prompt)
            return {name: self._score(name, video, wanted) for name in self._needs}

    def attempt(
        self, frames: Frames | str | Path, prompt: str | Prompt = "", fps: float = ASSUMED_FPS
    ) -> tuple[dict[str, VideoScore], dict[str, str]]:
        """Score one video by whatever can judge it; arguments as :meth:`score`.

        Returns:
            The scores by dimension, and the reasons of the dimensions that have none.

        Raises:
            VideoError: the frames are no video.
        """
        scores, reasons = dict[str, VideoScore](), dict[str, str]()
        with _alone():
            video, wanted = _video(frames, fps), _prompt(prompt)
            for name in self._needs:
                try:
                    scores[name] = self._score(name, video, wanted)
                except (TooShort, NotApplicable) as error:
                    reasons[name] = str(error)
        return scores, reasons

    def _score(self, name: str, video: Video, prompt: Prompt) -> VideoScore:
        demand_facts(prompt, self._needs[name])
        return self._evaluators.score(name, video, prompt)

    def score_batch(
        self,
        videos: Sequence[Frames | str | Path] | torch.Tensor,
        prompts: Sequence[str | Prompt] | str | Prompt = "",
        fps: float = ASSUMED_FPS,
    ) -> list[dict[str, VideoScore]]:
        """Score many videos, one after the other, so that no score depends on its neighbours.

        Args:
            videos: as :meth:`score` takes one; a ``(B, T, 3, H, W)`` tensor is such a sequence.
            prompts: one for each, or one for all.
            fps: frames per second of all.

        Raises:
            UsageError: not one prompt for each video.
            VBenchError: as :meth:`score`, for the first video that has no score.
        """
        return [self.score(video, prompt, fps) for video, prompt in paired(videos, prompts)]


def paired(
    videos: Sequence[Frames | str | Path] | torch.Tensor, prompts: Sequence[str | Prompt] | str | Prompt
) -> Iterator[tuple[Frames | str | Path, str | Prompt]]:
    """Each video with its prompt, or with the one of all.

    Raises:
        UsageError: not one prompt for each video.
    """
    each = [prompts] * len(videos) if isinstance(prompts, str | Prompt) else list(prompts)
    if len(each) != len(videos):
        raise UsageError(f"There are {len(videos)} videos and {len(each)} prompts; give one for each.")
    return zip(videos, each, strict=True)


def _video(frames: Frames | str | Path, fps: float) -> Video:
    return Video(frames) if isinstance(frames, str | Path) else FramesVideo(frames, fps)


def _prompt(prompt: str | Prompt) -> Prompt:
    return prompt if isinstance(prompt, Prompt) else Prompt(prompt)
