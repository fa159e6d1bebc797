"""Everything that is to do of one video: whoever looks at it, in one run or in several, does so from one decoding.

Frames that fit the budget are decoded once and stay. Through a longer video all go in lockstep
(:mod:`vbench.media.lockstep`), so that it is decoded as often as the one that takes most passes takes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vbench.errors import VideoError
from vbench.media.lockstep import SharedVideo, in_lockstep
from vbench.runs.long_video import LongVideo
from vbench.runs.plan import VideoTask
from vbench.runs.score_video import score_video

if TYPE_CHECKING:
    from vbench.media.video import Video
    from vbench.runs.evaluators import Evaluators
    from vbench.runs.store import Row

Work = Callable[[], "Iterator[Row]"]


@dataclass(frozen=True)
class Part:
    """What one run wants of a video.

    Attributes:
        run: which of the runs that go together.
        job: the whole video, or its clips.
    """

    run: int
    job: VideoTask | LongVideo


@dataclass(frozen=True)
class OneVideo:
    """What is still to do of one video.

    Attributes:
        path: of the video.
        parts: what is wanted of it.
    """

    path: Path
    parts: tuple[Part, ...]

    @property
    def evaluated(self) -> tuple[str, ...]:
        """The dimensions that are needed for it."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.job.evaluated))

    def rows(self, evaluators: Evaluators, budget: int, video: SharedVideo | None = None) -> Iterator[Row]:
        """A row for everything that is wanted, each as soon as it is known.

        Args:
            evaluators: who looks.
            budget: bytes of decoded frames to keep.
            video: what is looked at, where it is open already.
        """
        video = video or SharedVideo(self.path, budget)
        yield from from_one_decoding(video, self.works(evaluators, budget, video))

    def works(self, evaluators: Evaluators, budget: int, video: SharedVideo) -> list[Work]:
        """The same in pieces that can be done side by side."""
        return [work for part in self.parts for work in _works(part, evaluators.of(part.run), budget, video)]


def _works(part: Part, evaluators: Evaluators, budget: int, video: SharedVideo) -> list[Work]:
    if isinstance(part.job, LongVideo):
        return [partial(part.job.rows, evaluators, budget, video)]
    return works_of(part.job, evaluators, budget, video)


def works_of(task: VideoTask, evaluators: Evaluators, budget: int, video: Video, damage: str = "") -> list[Work]:
    """A piece of work for each dimension that is to look at a video; see :func:`score_video`."""
    alone = (replace(task, cache_keys={name: key}) for name, key in task.cache_keys.items())
    return [partial(score_video, one, evaluators, budget, video, damage) for one in alone]


def from_one_decoding(video: Video, works: Sequence[Work]) -> Iterator[Row]:
    """The rows of all pieces of work: one after the other, or in lockstep where frames do not stay in memory."""
    if len(works) > 1 and isinstance(video, SharedVideo) and not _stays(video):
        yield from in_lockstep(video, works)
        return
    for work in works:
        yield from work()


def _stays(video: Video) -> bool:
    try:
        return video.stays_in_memory
    except VideoError:  # whoever looks at it says what is wrong
        return True


def by_video(jobs: Iterable[Part]) -> list[OneVideo]:
    """What is wanted, put together by the video that it is wanted of, in the order in which the videos come."""
    found: dict[Path, list[Part]] = defaultdict(list)
    for part in jobs:
        found[part.job.path].append(part)
    return [OneVideo(path, tuple(parts)) for path, parts in found.items()]
