"""Is a file as long as it says? Containers write their own length down, and a copy that was cut is shorter."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

MATROSKA, EBML, SEGMENT = (".mkv", ".webm"), b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
RIFF = (".avi", ".webp")
ENDS = {".gif": b";", ".png": b"IEND\xaeB`\x82", ".apng": b"IEND\xaeB`\x82"}
"""How whole files of these kinds end."""


def ended_early(path: Path) -> str:
    """In which way a file is shorter than it says, ``""`` where it is whole or does not say."""
    suffix, size = path.suffix.lower(), path.stat().st_size
    with path.open("rb") as file:
        if suffix in ENDS:
            file.seek(max(0, size - 64))
            return "" if file.read().rstrip(b"\0").endswith(ENDS[suffix]) else "its end is missing"
        stated = _riff(file, size) if suffix in RIFF else _matroska(file) if suffix in MATROSKA else 0
    return f"it ends after {size:,} of {stated:,} bytes" if stated > size else ""


def _riff(file: BinaryIO, size: int) -> int:
    """Where the last of the chunks ends that follow each other at the top; large AVI files have several."""
    end = 0
    while end + 8 <= size:
        file.seek(end)
        if file.read(4) != b"RIFF":
            break
        length = int.from_bytes(file.read(4), "little")
        if not length:  # the writer never came back to fill it in
            return 0
        end += 8 + length
    return end


def _matroska(file: BinaryIO) -> int:
    """Where the segment ends, 0 where it is of unknown length, as in a stream."""
    if file.read(4) != EBML or (header := _number(file)) is None:
        return 0
    file.seek(header, 1)
    if file.read(4) != SEGMENT:
        return 0
    if (length := _number(file)) is None:
        return _end_of_children(file)
    return file.tell() + length


def _end_of_children(file: BinaryIO) -> int:
    """Where the last element begun in a segment of unknown length ends, as a stream that is recorded leaves it."""
    end = 0
    while _identifier(file):
        length = _number(file)
        if length is None:  # an element of unknown length, too: the next one stands in it
            continue
        end = file.tell() + length
        file.seek(end)
    return end


def _identifier(file: BinaryIO) -> bytes:
    """The name of an element, ``b""`` where none begins."""
    first = file.read(1)
    if not first or not first[0] >> 4:
        return b""
    return first + file.read(8 - first[0].bit_length())


def _number(file: BinaryIO) -> int | None:
    """A number of variable width; ``None`` where all its bits are set, which means unknown."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    width = 9 - first[0].bit_length()
    bits = int.from_bytes(first + file.read(width - 1), "big") & ((1 << 7 * width) - 1)
    return None if bits == (1 << 7 * width) - 1 else bits
