"""Pictures in other ratios: crops that always hold what two hand-drawn boxes hold.

Each picture of the suite has a first crop inside the original (square for upright ones, 16:9 for the others) and a
second one inside that (16:9 or square). A crop of a ratio between is as large as the first allows, holds the second,
and lies where a draw puts it, which is the same for every picture (VBench++; ``crop_to_diff_ratio.py`` of the
reference).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

from vbench.errors import UsageError
from vbench.files import ours
from vbench.files.json_file import read_json
from vbench.media.picture import picture_at
from vbench.prompts.pictures import CROPS, ORIGIN, SHOWN, ratio_of

INFO = "i2v-bench-info.json"
"""The published file of boxes."""

SEED = 123
"""Of the draw; set anew for each picture, so that their order means nothing."""

WIDEST = 1.7778

Box = tuple[int, int, int, int]
"""Left, top, width, height in pixels."""


@dataclass(frozen=True)
class Boxes:
    """What was drawn by hand on a picture.

    Attributes:
        file: name of the picture.
        first: in the original.
        second: inside the first.
    """

    file: str
    first: Box
    second: Box


def crop_box(ratio: str, first: Box, second: Box) -> Box:
    """The crop of a ratio, in the original.

    Args:
        ratio: such as ``16-9``.
        first: box in the original.
        second: box inside the first.

    Raises:
        UsageError: the ratio is none, or not between 1-1 and 16-9, or the second box does not fit.
    """
    wide, high = _croppable(ratio)
    left, top, width, height = first
    x, y, least_width, least_height = second
    unit = width // wide if width == height else height // high
    across, down = unit * wide, unit * high
    if width == height:
        return left, top + _drawn(y, least_height, down, height), across, down
    return left + _drawn(x, least_width, across, width), top, across, down


def _croppable(ratio: str) -> tuple[int, int]:
    wide, high = ratio_of(ratio)
    if not 1 <= wide / high < WIDEST:
        raise UsageError(f"The ratio {ratio} cannot be cropped: expected one between 1-1 and 16-9.")
    return wide, high


def _drawn(start: int, least: int, length: int, room: int) -> int:
    """Where a crop of a length begins so that it stays inside the room and holds what must be held."""
    lowest, highest = max(start - (length - least), 0), min(start + length, room) - length
    if lowest > highest:
        raise UsageError(
            f"A crop of {length} px within a first box of {room} px cannot hold a second box from {start} to "
            f"{start + least}: these are no boxes of a picture for this ratio."
        )
    return Random(SEED).randint(lowest, highest)


def read_boxes(path: Path) -> list[Boxes]:
    """Read the published boxes.

    Raises:
        UsageError: it cannot be read, or holds something else.
    """
    try:
        return [_boxes(entry) for entry in read_json(path)]
    except OSError as error:
        raise UsageError(
            f"The boxes of the pictures cannot be read from {path}: {error.strerror}. Name the published {INFO} with "
            "--info FILE."
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(
            f"{path} is not {INFO}: expected a list of objects with file_name, first_crop.first_bbox and "
            f"second_crop.second_bbox ({type(error).__name__}: {error})."
        ) from error


def make_crops(ratio: str, origin: Path, boxes: Sequence[Boxes], root: Path) -> Iterator[Path]:
    """Crop every picture to a ratio, into ``root/crop/RATIO``; names stay.

    Args:
        ratio: such as ``16-9``.
        origin: folder of the originals.
        boxes: of the pictures.
        root: folder of the pictures in all ratios.

    Yields:
        Each file as it is written.

    Raises:
        UsageError: the ratio cannot be cropped, originals are missing (all of them are named), or one is smaller than
            its box.
    """
    _croppable(ratio)
    cut = {one.file: _crop_of(one, ratio) for one in boxes}
    missing = [name for name in cut if not (origin / name).is_file()]
    if missing:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise UsageError(f"{origin} lacks {len(missing)} of {len(cut)} pictures: {'; '.join(missing[:SHOWN])}{more}.")
    for name, box in cut.items():
        target = root / CROPS / ratio / name
        ours.write(target, _cropped(origin / name, box))
        yield target


def _crop_of(picture: Boxes, ratio: str) -> Box:
    try:
        return crop_box(ratio, picture.first, picture.second)
    except UsageError as error:
        raise UsageError(f"{picture.file}: {error}") from error


def info_beside(origin: Path) -> Path:
    """Where the boxes of a folder of originals are expected: in it, or beside it."""
    return next((place for place in (origin / INFO, origin.parent / INFO) if place.is_file()), origin.parent / INFO)


def default_origin(root: Path) -> Path:
    """The originals of a folder of pictures."""
    return root / ORIGIN


def _cropped(path: Path, box: Box) -> bytes:
    left, top, width, height = box
    with picture_at(path) as image:
        if left + width > image.width or top + height > image.height:
            raise UsageError(
                f"{path} has {image.width}x{image.height} px, and its crop reaches to "
                f"{left + width}x{top + height}: it is not the published original."
            )
        kind, written = image.format, BytesIO()
        image.crop((left, top, left + width, top + height)).save(written, kind)
    return written.getvalue()


def _boxes(entry: Mapping[str, Any]) -> Boxes:
    name, first, second = entry["file_name"], entry["first_crop"]["first_bbox"], entry["second_crop"]["second_bbox"]
    if Path(name).name != name:
        raise ValueError(f"{name!r} is no name of a file")
    return Boxes(name, _box(first), _box(second))


def _box(values: Sequence[int]) -> Box:
    left, top, width, height = (int(value) for value in values)
    return left, top, width, height
