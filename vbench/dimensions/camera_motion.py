"""Camera motion: whether the camera moves as the prompt says.

Measures: where points at the borders of the first frame are in the last one.

Formula (VBench++, Huang et al., 2024): of a 10x10 grid of tracked points, four speak, the sixth on each border. A
point moves left, right, up or down, perhaps two of them, where it goes farther than 0.005 of the frame's shorter side;
none of them is static. Opposite borders that move alike pan or tilt the camera the other way, and away from or towards
each other zoom it. 1 where the motion that the prompt asks for is among those that are found, 0 otherwise.

Frames: all are tracked; the first and the last count.

Range: 0 or 1.

Unit of the mean: a video.

Cost: about a second a frame on one processor core (CoTracker2), whatever the size.

Kept from the reference: places are truncated to whole pixels before they are compared; the four points are off the
middle by half a cell, so that a pure zoom of more than some per cent also pans and tilts, and scores on prompts that
ask for these; any of several motions is a hit; whether a point is visible is not asked; any drift over the threshold
(2.4 px at 480p) is motion. Not kept: of fewer than five frames the reference says that all points went to the corner,
and scores a pan to the right; here they are not applicable. The motion is read from the prompt, which in the
reference's names of files is the same. ``camera_motion_corrected`` stands beside it and is never ranked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor

from vbench.dimensions.backbones.base import GRID, PointTracker
from vbench.dimensions.base import Dimension, VideoScore
from vbench.errors import NotApplicable, TooShort
from vbench.media.video import Video
from vbench.prompts.suite import Prompt

_MOVES = {"pan": ("left", "right"), "tilt": ("up", "down"), "zoom": ("in", "out")}

NONE, STATIC = "None", "static"

MOTIONS: Mapping[str, str] = {
    **{f"camera {move}s {way}": f"{move}_{way}" for move, ways in _MOVES.items() for way in ways},
    f"camera {STATIC}": STATIC,
}
"""What a prompt says -> the motion, in the order in which they are looked for."""

THRESHOLD = 0.005
"""Of the shorter side: what moves farther, moves."""

_ACROSS = {("up", "down"): "zoom_in", ("down", "up"): "zoom_out"}
_ALONG = {("left", "right"): "zoom_in", ("right", "left"): "zoom_out"}
_TOGETHER = {
    ("left", "left"): "pan_right",
    ("right", "right"): "pan_left",
    ("down", "down"): "tilt_up",
    ("up", "up"): "tilt_down",
    (STATIC, STATIC): STATIC,
}
TOP_AND_BOTTOM, LEFT_AND_RIGHT = _TOGETHER | _ACROSS, _TOGETHER | _ALONG
"""How two opposite borders move -> how the camera does."""

SPEAKS = GRID // 2
"""Place of the point that speaks for its border, from 0."""


class CameraMotion(Dimension):
    """Whether the camera moves as asked."""

    name: ClassVar[str] = "camera_motion"
    title: ClassVar[str] = "Camera motion"
    meaning: ClassVar[str] = "The camera moves as the prompt says."
    roles: ClassVar[tuple[str, ...]] = ("tracker",)

    tracker: PointTracker

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """See :class:`Dimension`; the details hold ``target`` and, sorted, ``predicted``.

        Raises:
            TooShort: a single frame.
            NotApplicable: the prompt names none of the seven motions, or the tracker needs more frames.
        """
        target = asked_motion(prompt.text)
        predicted = sorted(self.motions(tracks_of(video, self.tracker), min(video.size)))
        return VideoScore(float(target in predicted), details={"target": target, "predicted": predicted})

    def motions(self, tracks: Tensor, shorter_side: int) -> set[str]:
        """How the camera moves between the first frame and the last.

        Args:
            tracks: ``(T, 100, 2)`` in pixels.
            shorter_side: of the frames, in pixels.
        """
        moved = tracks[-1].long() - tracks[0].long()
        return border_motions(moved.view(GRID, GRID, 2), THRESHOLD * shorter_side)


class CameraMotionCorrected(CameraMotion):
    """The same without the traps: every point of the grid speaks, and one motion, the strongest, is found.

    The camera pans and tilts by the median way of all points, and zooms by the median of how much nearer to the middle
    or farther from it they are afterwards, so that a roll is no zoom. A motion counts by how far it moves a point in
    the middle of the nearest border, so that a pure zoom is no pan and a video that does everything is no hit
    everywhere.
    """

    name: ClassVar[str] = "camera_motion_corrected"
    title: ClassVar[str] = "Camera motion, corrected"
    meaning: ClassVar[str] = "The strongest motion of the camera is the one that the prompt says."

    def motions(self, tracks: Tensor, shorter_side: int) -> set[str]:
        """See :meth:`CameraMotion.motions`; exactly one."""
        return {strongest_motion(tracks[0], tracks[-1], shorter_side)}


def asked_motion(text: str) -> str:
    """The motion that a prompt asks for.

    >>> asked_motion("a bridge, camera zooms in")
    'zoom_in'

    Raises:
        NotApplicable: none of the seven.
    """
    for phrase, motion in MOTIONS.items():
        if phrase in text:
            return motion
    raise NotApplicable(f"The prompt {text!r} asks for no motion of the camera: expected one of {', '.join(MOTIONS)}.")


def tracks_of(video: Video, tracker: PointTracker) -> Tensor:
    """A video's tracks, ``(T, 100, 2)``; computed once per video and tracker.

    Raises:
        TooShort: a single frame.
        NotApplicable: the tracker needs more or larger frames.
    """
    tracks: Tensor = video.memo(
        (tracker.name, "tracks"), lambda: tracker.tracks(frame for batch in video.batches(1) for frame in batch)
    )
    if len(tracks) < 2:
        raise TooShort(f"{video.path} has 1 frame; motion needs at least 2.")
    return tracks


def border_motions(moved: Tensor, least: float) -> set[str]:
    """How the camera moves by the four points that speak.

    Args:
        moved: ``(10, 10, 2)`` whole pixels to the right and down, by row and column.
        least: pixels; what moves no farther is static.
    """
    top, bottom, left, right = (
        directions(int(moved[row, column, 0]), int(moved[row, column, 1]), least)
        for row, column in ((0, SPEAKS), (GRID - 1, SPEAKS), (SPEAKS, 0), (SPEAKS, GRID - 1))
    )
    found = {TOP_AND_BOTTOM.get((one, other), NONE) for one in top for other in bottom}
    found |= {LEFT_AND_RIGHT.get((one, other), NONE) for one in left for other in right}
    for weakest in (STATIC, NONE):
        if len(found) > 1:
            found.discard(weakest)
    return found


def directions(right: float, down: float, least: float) -> list[str]:
    """Where a point goes.

    >>> directions(5, -1, 2), directions(-3, 3, 2), directions(0, 2, 2)
    (['right'], ['left', 'down'], ['static'])
    """
    found = []
    if abs(right) > least:
        found.append("right" if right > 0 else "left")
    if abs(down) > least:
        found.append("down" if down > 0 else "up")
    return found or [STATIC]


def strongest_motion(first: Tensor, last: Tensor, shorter_side: int) -> str:
    """The one motion that moves points the farthest, or ``static``.

    Args:
        first: ``(100, 2)`` places in pixels.
        last: where they are afterwards.
        shorter_side: of the frames, in pixels.
    """
    right, down = (last - first).quantile(0.5, 0).tolist()
    middle = first.mean(0)
    before, after = (first - middle).norm(dim=1), (last - middle - last.new_tensor([right, down])).norm(dim=1)
    growth = ((after / before).quantile(0.5).item() - 1) * shorter_side / 2
    strengths = {
        "pan_left": right, "pan_right": -right, "tilt_up": down, "tilt_down": -down,
        "zoom_in": growth, "zoom_out": -growth,
    }  # fmt: skip
    motion = max(strengths, key=lambda name: strengths[name])
    return motion if strengths[motion] > THRESHOLD * shorter_side else STATIC
