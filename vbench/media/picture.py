"""A picture to start from: upright, in 8 bits, and in the proportions of the video."""

from __future__ import annotations

import io
import mimetypes
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from vbench.errors import UsageError
from vbench.files.special import refuse_special

FITS = ("crop", "pad", "stretch", "refuse")
"""What to do with a picture of other proportions than the video's."""

ALIKE = 0.01
"""Proportions are the same that differ by no more than this share."""

ORIENTATION = 0x0112
"""EXIF's tag of how a camera was held; 1 is upright."""

MOST_PIXELS, MOST_ACROSS = 1 << 27, 1 << 16
"""Of one frame (16384 x 8192), and of a side: what takes all memory, or many minutes, is refused before it is read.

Pillow's time for a WebP grows with the square of its width.
"""

_IN_THE_MIDST = (TypeError, LookupError, ArithmeticError, struct.error)

PICTURE_ERRORS = (
    OSError, Image.DecompressionBombError, SyntaxError, ValueError, EOFError, *_IN_THE_MIDST,
)  # fmt: skip
"""What damaged bytes make of Pillow: a wrong number is met in the midst of reading, where it is an index or a size."""


def read_picture(path: Path) -> Image.Image:
    """A picture, turned as its EXIF says, with 8 bits a channel, in whatever mode it has.

    Raises:
        UsageError: it is no image.
    """
    with picture_at(path) as file:
        return eight_bits(ImageOps.exif_transpose(file))


@contextmanager
def picture_at(path: Path) -> Iterator[Image.Image]:
    """A picture of which nothing is decoded yet, for as long as the block runs.

    Raises:
        UsageError: it is no image, it is too large, or it turns out to be damaged while it is decoded in the block.
    """
    try:
        refuse_special(path)
        with path.open("rb") as file, opened(file) as image:
            yield image
    except TooLarge as error:
        raise UsageError(f"{path} {error}") from error
    except PICTURE_ERRORS as error:
        raise UsageError(f"{path} cannot be read as an image: {said(error)}") from error


class TooLarge(ValueError):
    """A picture is larger than is read."""


def opened(file: BinaryIO, formats: tuple[str, ...] = ()) -> Image.Image:
    """A picture of no more than :data:`MOST_PIXELS`, of which nothing is decoded yet.

    Args:
        file: at its beginning.
        formats: that are read, by Pillow's names; where none is named, all that Pillow reads by itself.

    Raises:
        TooLarge: it is larger.
        Exception: it is no picture, one of :data:`PICTURE_ERRORS`.
    """
    _refuse_large(*_webp_canvas(file.read(30)))
    file.seek(0)
    image = Image.open(file, formats=formats or _read_by_pillow())
    _refuse_large(image.width, image.height)
    return image


def _read_by_pillow() -> tuple[str, ...]:
    """Formats whose pictures are no programs: for one of PostScript Pillow would start Ghostscript."""
    Image.init()
    return tuple(name for name in Image.ID if name != "EPS")


def _refuse_large(width: int, height: int) -> None:
    if large := too_large(width, height):
        raise TooLarge(large)


def _webp_canvas(start: bytes) -> tuple[int, int]:
    """Width and height of a WebP by its first 30 bytes, for which Pillow sets memory aside while it opens it.

    Each of the three kinds has them at another place, all as one less than they are but for the lossy one.
    Source: RFC 9649, sections 2.5 to 2.7. No other picture has any, nor has one that is cut.
    """
    if len(start) < 30 or start[:4] + start[8:12] != b"RIFFWEBP":
        return 0, 0
    if start[12:16] == b"VP8X":
        return 1 + int.from_bytes(start[24:27], "little"), 1 + int.from_bytes(start[27:30], "little")
    if start[12:16] == b"VP8L":
        bits = int.from_bytes(start[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", start[26:30])
    return width & 0x3FFF, height & 0x3FFF


def said(error: Exception) -> str:
    """One of :data:`PICTURE_ERRORS` in words.

    >>> said(IndexError("index out of range")), said(OSError("image file is truncated"))
    ('it is cut or damaged (index out of range)', 'image file is truncated')
    """
    return f"it is cut or damaged ({error})" if isinstance(error, _IN_THE_MIDST) else str(error)


def too_large(width: int, height: int) -> str:
    """What is said of a frame that is too large to be read, ``""`` of others.

    >>> too_large(1 << 20, 8)
    'is too large: 1048576x8, where 134,217,728 pixels are the most, and 65,536 of a side'
    """
    if width * height <= MOST_PIXELS and max(width, height) <= MOST_ACROSS:
        return ""
    return f"is too large: {width}x{height}, where {MOST_PIXELS:,} pixels are the most, and {MOST_ACROSS:,} of a side"


def eight_bits(image: Image.Image) -> Image.Image:
    """Of 16-bit grey the upper 8 bits, where Pillow would make most of it white."""
    if not image.mode.startswith("I"):
        return image.copy()
    return Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))


def fitted(picture: Image.Image, width: int, height: int, fit: str) -> tuple[Image.Image, str]:
    """A picture in the proportions of a video, in its own resolution; scaling is left to the model.

    Args:
        picture: to start from.
        width: of the video, in pixels.
        height: of the video, in pixels.
        fit: ``crop`` cuts from the middle, ``pad`` adds black on both ends, ``stretch`` leaves it to be stretched,
            ``refuse`` takes only what fits.

    Returns:
        The picture, and what was done: one of the above, or ``as it is``.

    Raises:
        UsageError: it does not fit and is refused.
    """
    across, down = picture.width / width, picture.height / height
    if abs(across / down - 1) <= ALIKE:
        return picture, "as it is"
    if fit == "refuse":
        raise UsageError(
            f"has {picture.width}x{picture.height} pixels, other proportions than the video's {width}x{height}: crop "
            "it yourself, or say --option fit=crop, pad or stretch"
        )
    if fit == "stretch":
        return picture, fit
    scale = min(across, down) if fit == "crop" else max(across, down)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (picture.width - size[0]) // 2, (picture.height - size[1]) // 2
    return picture.crop((left, top, left + size[0], top + size[1])), fit  # what is outside is black


def as_sent(path: Path) -> tuple[bytes, str]:
    """A picture's bytes and media type, for somebody who may not look at its EXIF or read its 16 bits.

    The file itself where it is upright and has 8 bits, a PNG of it otherwise.

    Raises:
        UsageError: it is no image.
    """
    with picture_at(path) as file:
        plain = file.getexif().get(ORIENTATION, 1) == 1 and not file.mode.startswith("I")
    if plain:
        return path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    content = io.BytesIO()
    read_picture(path).save(content, "PNG")
    return content.getvalue(), "image/png"
