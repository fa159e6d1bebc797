"""A picture that a video starts from, as pixels: any mode that Pillow reads, the way up that its camera noted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vbench.media.video import Video

if TYPE_CHECKING:
    from torch import Tensor


def read_picture(path: Path) -> Tensor:
    """A still as ``(3, H, W)`` uint8 RGB.

    Greys, palettes, CMYK and 16 bits become RGB of 8 bits, transparency is left out, and EXIF's orientation is applied.

    Raises:
        VideoError: it is no picture, is damaged or too large.
        Unavailable: it could not be read just now.
    """
    return Video(path).frames([0])[0]
