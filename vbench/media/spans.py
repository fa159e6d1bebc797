"""Where the clips of a long video lie: which frames, and how a clip is named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

VERSION = 2
"""Raised when the same video gives other clips than before, or clips that are compressed otherwise."""

VERSION_OF_SCENES = 3
"""The same of videos that are cut where a scene ends, before clips are cut."""

_TIME = re.compile(r"^(.*)#t=([0-9.]+),([0-9.]+)$", re.DOTALL)
_SCENE = re.compile(r"^(.*)#scene=[0-9]+$", re.DOTALL)


@dataclass(frozen=True, order=True)
class Span:
    """A clip of a video.

    Attributes:
        start: its first frame, from 0.
        end: the frame after its last.
        scene: between which cuts it lies, from 0; 0 where nobody looked for cuts.
        borders: first frame of that scene and the frame after its last; empty where the video has no cut.
    """

    start: int
    end: int
    scene: int = 0
    borders: tuple[int, ...] = ()

    @property
    def numbers(self) -> list[int]:
        """What tells which frames it has, and how they were compressed.

        >>> Span(0, 16).numbers, Span(12, 20, 1, (11, 20)).numbers
        ([0, 16], [12, 20, 11, 20])
        """
        return [self.start, self.end, *self.borders]


def spans_of(frames: int, fps: float, seconds: int, cuts: Sequence[int] = ()) -> list[Span]:
    """Cut a video into clips of equal length, as the reference does.

    The rate is rounded down first. What is left at the end becomes a clip of full length that overlaps the one before;
    what is shorter than one clip is a clip as it is.

    Args:
        frames: of the video.
        fps: frames per second.
        seconds: of a clip.
        cuts: first frames of scenes after the first; each scene is cut by itself.

    >>> [(span.start, span.end) for span in spans_of(49, 8.0, 2)]
    [(0, 16), (16, 32), (32, 48), (33, 49)]
    >>> [(span.start, span.end) for span in spans_of(204, 24.0, 10)]
    [(0, 204)]
    >>> spans_of(20, 4.0, 2, cuts=[11])[-1]
    Span(start=12, end=20, scene=1, borders=(11, 20))
    """
    length = rounded(fps) * seconds
    scenes = list(pairwise([0, *(cut for cut in cuts if 0 < cut < frames), frames]))
    return [
        Span(*ends, scene, borders if len(scenes) > 1 else ())
        for scene, borders in enumerate(scenes)
        for ends in _clips_between(*borders, length)
    ]


def _clips_between(start: int, end: int, length: int) -> Iterator[tuple[int, int]]:
    if end - start < length:
        yield start, end
        return
    whole = range(start, end - length + 1, length)
    for first in whole:
        yield first, first + length
    if whole[-1] + length < end:
        yield end - length, end


def rounded(fps: float) -> int:
    """The rate of clips: the video's without its fraction, and 1 where nothing would be left.

    >>> rounded(29.97), rounded(0.5)
    (29, 1)
    """
    return max(1, int(fps))


def clip_name(video: str, span: Span, fps: float) -> str:
    """How a clip of a video is called: by its seconds, as web addresses do.

    >>> clip_name("a cat-0.mp4", Span(16, 32), 8.0)
    'a cat-0.mp4#t=2,4'
    """
    return f"{video}#t={round(span.start / fps, 3):g},{round(span.end / fps, 3):g}"


def scene_name(video: str, scene: int) -> str:
    """How a scene of a video is called.

    >>> scene_name("a cat-0.mp4", 1)
    'a cat-0.mp4#scene=1'
    """
    return f"{video}#scene={scene}"


def video_of(name: str) -> str:
    """The video that a clip or a scene is of; of anything else its own name.

    >>> video_of("a cat-0.mp4#t=2,4"), video_of("a cat-0.mp4#scene=1"), video_of("a #t=2 cat-0.mp4")
    ('a cat-0.mp4', 'a cat-0.mp4', 'a #t=2 cat-0.mp4')
    """
    found = _TIME.match(name) or _SCENE.match(name)
    return found[1] if found else name


def seconds_of(name: str) -> tuple[float, float] | None:
    """Where a clip starts and ends, in seconds; ``None`` for what is no clip.

    >>> seconds_of("a cat-0.mp4#t=2,4.5")
    (2.0, 4.5)
    """
    found = _TIME.match(name)
    return (float(found[2]), float(found[3])) if found else None
