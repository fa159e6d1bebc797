"""A video that is no file: frames from a model, a training loop or a notebook, in the form that dimensions see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import av
import numpy as np
from av.video.reformatter import Interpolation
from PIL import Image

from vbench.errors import VideoError
from vbench.media.decode import ASSUMED_FPS, Frame, Health, VideoFacts
from vbench.media.video import Video, _pick, _tensor

if TYPE_CHECKING:
    from torch import Tensor

Frames: TypeAlias = "Tensor | np.ndarray[Any, Any] | Sequence[Image.Image]"
"""``(T, 3, H, W)`` or ``(T, H, W, 3)`` RGB, uint8 or floating in [0, 1]; or T pictures of one size."""

STORED_AS = "gbrp"
"""The pixel format of a lossless RGB file, from which frames are scaled as a decoder would."""


class FramesOf(Video):
    """Frames in memory as a video; everything a dimension asks of a file it can ask of them.

    Scores are those of a lossless RGB file (``libx264rgb``, quality 0) of the same frames, bit for bit.

    Args:
        frames: ``(H, W, 3)`` uint8 RGB each, at least one, all of one size.
        fps: frames per second.
        name: what messages call it.
    """

    def __init__(self, frames: Sequence[Frame], fps: float, name: str) -> None:
        super().__init__(Path(name))
        self._kept = list(frames)
        self._health = Health(frames=len(self._kept))
        height, width = self._kept[0].shape[:2]
        self._facts = VideoFacts(self._health.frames, float(fps), height, width)

    def scaled_frames(self, indices: Sequence[int], height: int, width: int) -> Tensor:
        """See :meth:`Video.scaled_frames`."""
        return _tensor(_pick(self._scaled(height, width), indices, self.path))

    def _scaled(self, height: int, width: int) -> Iterator[Frame]:
        for frame in self._frames():
            stored = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format=STORED_AS)
            scaled = stored.reformat(width, height, "rgb24", interpolation=Interpolation.BILINEAR)
            yield np.asarray(scaled.to_ndarray(), dtype=np.uint8)


class FramesVideo(FramesOf):
    """Frames of any of the accepted forms as a video.

    Args:
        frames: T of them, at least one. Floating ones are rounded to the nearest of 256 levels.
        fps: frames per second.
        name: what messages call it.

    Raises:
        VideoError: not of that form, not finite, or out of range; the message says what was found.
    """

    def __init__(self, frames: Frames, fps: float = ASSUMED_FPS, name: str = "frames in memory") -> None:
        if not 0 < fps < float("inf"):
            raise VideoError(f"fps must be a positive number, found {fps}")
        super().__init__(list(as_rgb(frames)), fps, name)


def as_rgb(frames: Frames) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Frames of any of the accepted forms as ``(T, H, W, 3)`` uint8 RGB.

    Raises:
        VideoError: they have another form, or values that are no picture.
    """
    if isinstance(frames, Sequence):
        return _of_pictures(frames)
    array = frames if isinstance(frames, np.ndarray) else _of_tensor(frames)
    if array.ndim != 4 or 3 not in (array.shape[1], array.shape[3]) or 0 in array.shape:
        raise VideoError(f"frames must be (T, 3, H, W) or (T, H, W, 3) with T of at least 1, found {array.shape}")
    if array.shape[1] == array.shape[3] == 3:
        raise VideoError(f"frames of {array.shape} could be (T, 3, H, W) or (T, H, W, 3): they are 3 pixels wide")
    last = array.transpose(0, 2, 3, 1) if array.shape[1] == 3 else array
    levels: np.ndarray[Any, np.dtype[np.uint8]] = last if last.dtype == np.uint8 else _levels(last)
    return np.ascontiguousarray(levels)


def _of_tensor(frames: Tensor) -> np.ndarray[Any, Any]:
    known = frames.detach().cpu()
    return np.asarray(known.double().numpy() if known.is_floating_point() else known.numpy())


def _levels(array: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    if not np.issubdtype(array.dtype, np.floating):
        raise VideoError(f"frames must be uint8 or floating, found {array.dtype}")
    if not np.isfinite(array).all():
        raise VideoError("frames hold NaN or infinite values")
    low, high = float(array.min()), float(array.max())
    if low < 0 or high > 1:
        raise VideoError(
            f"floating frames must be in [0, 1], found {low:g} to {high:g}; clip them, or give uint8 in 0 to 255"
        )
    levels: np.ndarray[Any, np.dtype[np.uint8]] = np.rint(array.astype(np.float64) * 255).astype(np.uint8)
    return levels


def _of_pictures(pictures: Sequence[Image.Image]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    strangers = [type(one).__name__ for one in pictures if not isinstance(one, Image.Image)]
    sizes = {one.size for one in pictures if isinstance(one, Image.Image)}
    if strangers or len(sizes) != 1:
        found = f"a {strangers[0]}" if strangers else f"sizes {sorted(sizes)}" if sizes else "none"
        raise VideoError(f"a list of frames must hold PIL images of one size, found {found}")
    return np.stack([np.asarray(one.convert("RGB"), dtype=np.uint8) for one in pictures])
