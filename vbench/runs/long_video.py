"""One long video: its clips are judged one after the other, then their first frames, from one decoding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from vbench.errors import VideoError
from vbench.media.clips import Gathered, clips_of
from vbench.media.decode import Frame, VideoFacts
from vbench.media.spans import Span
from vbench.media.video import Video
from vbench.runs.score_video import score_video

if TYPE_CHECKING:
    from torch import Tensor

    from vbench.runs.evaluators import Evaluators
    from vbench.runs.plan import VideoTask
    from vbench.runs.store import Row


class Lost(Video):
    """A clip that cannot be had: whoever looks at it gets the reason."""

    def __init__(self, path: Path, reason: VideoError) -> None:
        super().__init__(path)
        self.reason = reason

    @property
    def facts(self) -> VideoFacts:
        """Never there.

        Raises:
            VideoError: always.
        """
        raise self.reason

    def scaled_frames(self, indices: object, height: int, width: int) -> Tensor:
        """See :attr:`facts`."""
        raise self.reason

    def _frames(self) -> Iterator[Frame]:
        raise self.reason


@dataclass(frozen=True)
class LongVideo:
    """What is still to do of one video.

    Attributes:
        path: of the video.
        tasks: its clips, and the first frames of clips.
        reencode: whether clips are compressed once more.
    """

    path: Path
    tasks: tuple[VideoTask, ...]
    reencode: bool

    @property
    def evaluated(self) -> tuple[str, ...]:
        """The dimensions that are needed for it."""
        return tuple(dict.fromkeys(name for task in self.tasks for name in task.cache_keys))

    def rows(self, evaluators: Evaluators, budget: int, video: Video | None = None) -> Iterator[Row]:
        """A row per clip and dimension, each as soon as it is known; those of the first frames come last.

        Args:
            evaluators: who looks.
            budget: bytes of decoded frames to keep, per clip.
            video: what is cut, where others look at it, too.
        """
        whole_video = video or Video(self.path, budget=0)
        of_clip: dict[Span, list[VideoTask]] = {}
        whole = [task for task in self.tasks if len(task.spans) > 1]
        for task in self.tasks:
            if len(task.spans) == 1:
                of_clip.setdefault(task.spans[0], []).append(task)
        first = {task.video: FirstFrames(self.path, budget, self.reencode) for task in whole}
        with ExitStack() as left_over:
            for found in first.values():
                left_over.callback(found.drop)
            spans = {span for task in self.tasks for span in task.spans}
            for span, clip, damage in opened(whole_video, spans, budget, self.reencode):
                for task in whole:
                    if span in task.spans:
                        first[task.video].add_first_of(clip)
                for task in of_clip.get(span, ()):
                    yield from score_video(task, evaluators, budget, clip, damage)
            for task in whole:
                yield from first[task.video].rows(task, evaluators, budget)


class FirstFrames:
    """The first frames of clips, on their way to be a video."""

    def __init__(self, path: Path, budget: int, reencode: bool) -> None:
        self.path, self.budget, self.reencode = path, budget, reencode
        self._gathered: Gathered | None = None
        self._lost: Lost | None = None

    def add_first_of(self, clip: Video) -> None:
        """Take the first frame of the next clip."""
        try:
            frame = clip.frames([0])[0].permute(1, 2, 0).numpy()
            self._gathered = self._gathered or Gathered(int(clip.fps), self.budget, self.reencode, str(self.path))
        except VideoError as error:
            self._lost = Lost(self.path, error)
            return
        self._gathered.add(frame)

    def rows(self, task: VideoTask, evaluators: Evaluators, budget: int) -> Iterator[Row]:
        """What is said of them."""
        if self._lost or not self._gathered:
            lost = self._lost or Lost(self.path, VideoError(f"{self.path} holds no clip"))
            yield from score_video(task, evaluators, budget, lost)
            return
        with self._gathered.video() as video:
            yield from score_video(task, evaluators, budget, video)

    def drop(self) -> None:
        """Forget them."""
        if self._gathered:
            self._gathered.drop()


def opened(video: Video, spans: Iterable[Span], budget: int, reencode: bool) -> Iterator[tuple[Span, Video, str]]:
    """The clips of a video in the order of time, each with the damage that its frames met.

    From where the video cannot be read on, clips are :class:`Lost`.
    """
    left = sorted(spans)
    try:
        for span, clip in clips_of(video, left, budget, reencode):
            left.remove(span)
            yield span, clip, video.damage_between(span.start, span.end)
    except VideoError as error:
        for span in left:
            yield span, Lost(video.path, error), ""


def long_videos(tasks: Iterable[VideoTask], reencode: bool) -> list[LongVideo]:
    """Clips and first frames, put together by the video that they are of."""
    by_path = groupby(sorted(tasks, key=lambda task: (task.path, task.spans)), key=lambda task: task.path)
    return [LongVideo(path, tuple(found), reencode) for path, found in by_path]
