"""Clips as views of a longer video: decoded once, one or two in memory at a time, whatever the video's length.

A clip that fits the budget lies in memory. A larger one lies in a temporary file without loss, of which a dimension
sees the same frames. Where the protocol judges recompressed frames, every clip goes through libx264 at its defaults, as
the reference writes its clips, and where a video has cuts each scene before it, as the reference writes its scenes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from vbench.errors import VideoError
from vbench.media.decode import Frame, packets, probe
from vbench.media.encode import LOSSLESS, X264_DEFAULTS, Writer
from vbench.media.frames_in_memory import FramesOf
from vbench.media.lockstep import SharedVideo
from vbench.media.spans import Span, rounded
from vbench.media.video import Video


class Gathered:
    """Frames that become a video once all of them are there.

    Args:
        fps: of the video.
        budget: bytes of frames that may stay in memory.
        reencode: whether they go through the encoder of the reference.
        name: what messages call the video.
    """

    def __init__(self, fps: int, budget: int, reencode: bool, name: str) -> None:
        self.fps, self.budget, self.reencode, self.name = fps, budget, reencode, name
        self.count, self._used = 0, 0
        self._kept: list[Frame] = []
        self._writer: Writer | None = None
        self._place: TemporaryDirectory[str] | None = None

    def add(self, frame: Frame) -> None:
        """Take the next frame, ``(H, W, 3)`` uint8 RGB."""
        self.count += 1
        if self._writer is None and not self.reencode and self._used + frame.nbytes <= self.budget:
            self._kept.append(frame)
            self._used += frame.nbytes
            return
        writer = self._writer = self._writer or self._opened()
        for one in (*self._kept, frame):
            writer.add(one)
        self._kept = []

    def _opened(self) -> Writer:
        self._place = TemporaryDirectory(prefix="vbench-clip-")
        return Writer(Path(self._place.name) / "clip.mp4", self.fps, X264_DEFAULTS if self.reencode else LOSSLESS)

    @contextmanager
    def video(self) -> Iterator[Video]:
        """The frames as a video, which is there until the block ends."""
        try:
            if self._writer is None:
                yield FramesOf(self._kept, self.fps, self.name)
            else:
                self._writer.close()
                yield SharedVideo(self._writer.path, self.budget)
        finally:
            self.drop()

    def drop(self) -> None:
        """Forget the frames, and remove the file."""
        self._kept = []
        if self._writer is not None:
            self._writer.close()
        if self._place is not None:
            self._place.cleanup()
            self._place = None


def clips_of(
    video: Video, spans: Iterable[Span], budget: int, reencode: bool = False
) -> Generator[tuple[Span, Video], None, None]:
    """The clips of a video in the order in which they end; one is there until the next is asked for.

    Args:
        video: that is cut.
        spans: which clips.
        budget: bytes of decoded frames to keep, per clip.
        reencode: whether their frames are compressed once more, as the reference does.

    Raises:
        VideoError: the video cannot be decoded, or ends before one of them does.
        Unavailable: it could not be read.
    """
    wanted = list(spans)
    if reencode and any(span.borders for span in wanted):
        yield from _clips_of_scenes(video, wanted, budget)
        return
    starting: dict[int, list[Span]] = defaultdict(list)
    for span in wanted:
        starting[span.start].append(span)
    fps, count = rounded(video.fps), 0
    gathered: dict[Span, Gathered] = {}
    with ExitStack() as left_over:
        for index, frame in enumerate(video.one_after_the_other()):
            count += 1
            for span in starting.pop(index, ()):
                gathered[span] = Gathered(fps, budget, reencode, str(video.path))
                left_over.callback(gathered[span].drop)
            for span, found in list(gathered.items()):
                found.add(frame)
                if span.end == index + 1:
                    with gathered.pop(span).video() as clip:
                        yield span, clip
            if not starting and not gathered:
                return
    needed = max(span.end for span in (*gathered, *(one for spans in starting.values() for one in spans)))
    raise VideoError(f"{video.path} ends after {count} frames, where its clips need {needed}")


def _clips_of_scenes(video: Video, spans: Iterable[Span], budget: int) -> Iterator[tuple[Span, Video]]:
    """The clips of a video with cuts: each scene is compressed as a whole first, as the reference writes it."""
    by_scene = groupby(sorted(spans, key=lambda span: (span.borders, span)), key=lambda span: span.borders)
    of_scene = {Span(*borders): list(found) for borders, found in by_scene}
    for whole, scene in clips_of(video, of_scene, 0, reencode=True):
        inside = {Span(span.start - whole.start, span.end - whole.start): span for span in of_scene[whole]}
        for place, clip in clips_of(scene, inside, budget, reencode=True):
            yield inside[place], clip


def length_of(path: Path) -> int:
    """Number of frames, as the file states it or as its packets tell; nothing is decoded.

    Raises:
        VideoError: it is no video.
        Unavailable: it could not be read.
    """
    return probe(path).frames or packets(path)
