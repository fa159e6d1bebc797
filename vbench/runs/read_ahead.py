"""The next video is fetched and decoded while one is scored, so that neither a card nor a network is waited for.

Pictures and animations are not: Pillow's warnings are silenced for the whole process while it opens them, which two
threads at once would not undo in turn.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path
from typing import TypeGuard, TypeVar

from vbench.media.decode import CONTAINERS
from vbench.media.lockstep import HEARING, SharedVideo
from vbench.runs.one_video import OneVideo

J = TypeVar("J")

PART_OF_BUDGET = 4
"""What is decoded ahead takes no more than one part in so many of the budget."""


def read_ahead(jobs: Sequence[J], budget: int) -> Iterator[tuple[J, SharedVideo | None]]:
    """Each job with its video; ``None`` where none was read, or it cannot be, which whoever scores it tells.

    Args:
        jobs: in the order in which they are done.
        budget: bytes of decoded frames to keep per video. One that takes more than a part of it is only opened.
    """
    coming: Coming | None = None
    for job, following in zip_longest(jobs, jobs[1:]):
        video = coming.video() if coming else None
        coming = Coming(following.path, budget) if _can_be_read(following) else None
        yield job, video


def _can_be_read(job: object) -> TypeGuard[OneVideo]:
    return isinstance(job, OneVideo) and job.path.suffix.lower() in CONTAINERS


class Coming:
    """A video that another thread reads.

    The thread is left to itself where nobody waits for it any more: a network that does not answer keeps nobody from
    leaving.

    Args:
        path: of the video.
        budget: of its frames.
    """

    def __init__(self, path: Path, budget: int) -> None:
        self._video: SharedVideo | None = None
        self._thread = threading.Thread(target=self._read, args=(path, budget), daemon=True)
        self._thread.start()

    def video(self) -> SharedVideo | None:
        """The video, once it is there; ``None`` where it cannot be read."""
        while self._thread.is_alive():
            self._thread.join(HEARING)
        return self._video

    def _read(self, path: Path, budget: int) -> None:
        with suppress(Exception):
            video = SharedVideo(path, budget)
            if video.bytes_foreseen <= budget // PART_OF_BUDGET:
                video.decode_whole()
            self._video = video
