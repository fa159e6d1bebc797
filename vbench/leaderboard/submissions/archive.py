"""Reading an archive that a stranger made: nothing is written to disk, and no header is believed.

The size of the table of contents is looked at before the table is read, every entry before any is unpacked, and
unpacking stops at the limit whatever the entry claims.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from PIL import Image

from vbench.errors import Refused
from vbench.files.strict_json import LARGEST, begins_an_object, unseen
from vbench.files.zips import unreadable
from vbench.leaderboard.settings import Settings
from vbench.media.picture import PICTURE_ERRORS

ENCRYPTED = 0x1

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

KINDS: dict[str, re.Pattern[str]] = {
    "submission.json": re.compile(r"submission\.json"),
    "scores.jsonl": re.compile(r"scores\.jsonl"),
    "samples.jsonl": re.compile(r"samples\.jsonl"),
    "*_eval_results.json": re.compile(r"([^/]+/)?[^/]*eval_results\.json"),
    "*_full_info.json": re.compile(r"([^/]+/)?[^/]*full_info\.json"),
    "frames/*.jpg": re.compile(r"frames/[^/]+\.jpg"),
    "videos/*.mp4": re.compile(r"videos/[^/]+\.mp4"),
}
"""What an archive may hold, by what a person calls it."""

IGNORED = re.compile(r"(.*/)?(__MACOSX/.*|\.DS_Store|\._[^/]*)")
"""What some packers add."""

SMALL = 1 << 16
"""Bytes up to which a file may be packed as tightly as it can be."""

FRAME_PIXELS = 4096 * 4096

MIB = 1 << 20

MOST_BYTES = {
    "submission.json": MIB,
    "scores.jsonl": 64 * MIB,
    "samples.jsonl": 64 * MIB,
    "*_eval_results.json": LARGEST,
    "*_full_info.json": LARGEST,
    "videos/*.mp4": 16 * MIB,
}
"""Largest file of a kind, unpacked; of a frame it is a setting."""

MEDIA_BYTES = 64 * MIB
"""Of all frames and videos together."""

ENTRY_BYTES = 1024
"""In the table of contents, that an entry has at most on the average."""

END, END_64 = b"PK\x05\x06", b"PK\x06\x07"
"""Signatures of the record that ends a zip, and of the one before it where the zip is larger than 4 GiB."""

END_BYTES, END_64_BYTES, LONGEST_COMMENT = 22, 20, 0xFFFF


@dataclass(frozen=True)
class Limits:
    """How much an archive may be.

    Attributes:
        archive_bytes: of the archive.
        files: how many it holds.
        unpacked_bytes: of all files together.
        ratio: of a file's size to its packed size.
        frame_bytes: of one sample frame.
    """

    archive_bytes: int
    files: int
    unpacked_bytes: int
    ratio: int
    frame_bytes: int


def limits_of(settings: Settings) -> Limits:
    """The limits that a board's settings state."""
    return Limits(
        settings.upload_bytes, settings.archive_files, settings.unpacked_bytes, settings.ratio, settings.frame_bytes
    )


def read_archive(content: bytes, limits: Limits) -> dict[str, bytes]:
    """The files of a zip, by name; a JSON file alone is taken for the reference's ``eval_results.json``.

    Raises:
        Refused: it is no archive, or not one that is safe to read; with every reason.
    """
    if len(content) > limits.archive_bytes:
        raise Refused([f"The archive has {len(content):,} bytes; at most {limits.archive_bytes:,} are allowed."])
    if begins_an_object(content):
        if len(content) > LARGEST:
            raise Refused([f"The result file has {len(content):,} bytes; at most {LARGEST:,} are allowed."])
        return {"eval_results.json": content}
    if reasons := [*_table_objections(content, limits)]:
        raise Refused(reasons)
    with (
        unreadable(lambda error: Refused([f"This is no readable zip archive: {error}."])),
        zipfile.ZipFile(io.BytesIO(content)) as archive,
    ):
        if reasons := [*_objections(archive.infolist(), len(content), limits)]:
            raise Refused(reasons)
        entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_ignored(entry)]
        files = {entry.filename: _unpacked(archive, entry) for entry in entries}
    if reasons := [reason for name, data in files.items() for reason in _wrong_type(name, data)]:
        raise Refused(reasons)
    return files


def _table_objections(content: bytes, limits: Limits) -> Iterator[str]:
    """Why the table of contents should not even be read, from the record at the end that says how large it is."""
    end = content.rfind(END, -END_BYTES - LONGEST_COMMENT)
    if content[-END_BYTES:][:4] == END and content[-2:] == b"\0\0":
        end = len(content) - END_BYTES  # without a comment, whatever its own bytes look like
    if end < 0 or end + END_BYTES > len(content):
        yield "This is no readable zip archive: it has no table of contents."
        return
    entries, size = struct.unpack_from("<HI", content, end + 10)
    if content[max(end - END_64_BYTES, 0) : end].startswith(END_64):
        yield "The archive is in the form for more than 4 GiB; make it with: vbench submit"
    elif entries > limits.files:
        yield f"The archive holds {entries:,} files; at most {limits.files:,} are allowed."
    elif size > limits.files * ENTRY_BYTES:
        yield f"The archive's table of contents has {size:,} bytes; at most {limits.files * ENTRY_BYTES:,} are allowed."


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """A file's content. With a stated length the decompressor stops there; without, it would go on to the end."""
    with archive.open(entry) as file:
        return file.read(entry.file_size + 1)


def _is_ignored(entry: zipfile.ZipInfo) -> bool:
    return bool(IGNORED.fullmatch(entry.filename))


def _objections(entries: list[zipfile.ZipInfo], size: int, limits: Limits) -> Iterator[str]:
    """Why a zip should not be unpacked, from its table of contents."""
    if len(entries) > limits.files:
        yield f"The archive holds {len(entries):,} files; at most {limits.files:,} are allowed."
        return
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.unpacked_bytes:
        yield f"The archive unpacks to {unpacked:,} bytes; at most {limits.unpacked_bytes:,} are allowed."
    media = sum(entry.file_size for entry in entries if entry.filename.startswith(("frames/", "videos/")))
    if media > MEDIA_BYTES:
        yield f"Its frames and videos have {media:,} bytes; at most {MEDIA_BYTES:,} are allowed. Send fewer videos."
    if sum(entry.compress_size for entry in entries) > size:
        yield "The files of the archive overlap: together they are larger than the archive."
    for name, count in Counter(entry.filename.casefold() for entry in entries).items():
        if count > 1:
            yield f"The archive holds {name!r:.100} {count} times."
    for entry in entries:
        yield from _entry_objections(entry, limits)


def _entry_objections(entry: zipfile.ZipInfo, limits: Limits) -> Iterator[str]:
    name, shown = entry.filename, f"{entry.filename!r:.100}"
    kind = stat.S_IFMT(entry.external_attr >> 16)
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.orig_filename or re.match(r"[A-Za-z]:", name):
        yield f"{shown} points outside the archive."
    elif found := unseen(entry.orig_filename):
        yield f"{shown} holds the unseen character {found} in its name."
    elif kind and not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
        yield f"{shown} is a link or a device, not a file."
    elif entry.flag_bits & ENCRYPTED:
        yield f"{shown} is encrypted."
    elif entry.compress_type not in METHODS:
        yield f"{shown} is packed by a method other than deflate."
    elif entry.is_dir() or _is_ignored(entry):
        return
    elif (known := next((kind for kind, pattern in KINDS.items() if pattern.fullmatch(name)), None)) is None:
        yield f"{shown} does not belong into a submission; expected are {', '.join(KINDS)}."
    elif entry.file_size > (most := MOST_BYTES.get(known, limits.frame_bytes)):
        yield f"{shown} unpacks to {entry.file_size:,} bytes; at most {most:,} are allowed."
    elif entry.file_size > SMALL and entry.file_size > limits.ratio * entry.compress_size:
        yield f"{shown} unpacks to more than {limits.ratio} times its packed size."


def _wrong_type(name: str, data: bytes) -> Iterator[str]:
    if name.startswith("frames/"):
        if not _is_jpeg(data):
            yield f"{name!r:.100} is no JPEG picture."
    elif name.startswith("videos/"):
        if data[4:8] != b"ftyp":
            yield f"{name!r:.100} is no MP4 video."
    elif b"\0" in data[:4096]:
        yield f"{name!r:.100} is no text."


def _is_jpeg(data: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=["JPEG"]) as picture:
                return picture.width * picture.height <= FRAME_PIXELS
    except (Image.DecompressionBombWarning, *PICTURE_ERRORS):
        return False


def names_like(files: Mapping[str, bytes], kind: str) -> list[str]:
    """The names of the files of one of the :data:`KINDS`."""
    return sorted(name for name in files if KINDS[kind].fullmatch(name))


def stem_of(video: str) -> str:
    """Name of a video's frames and copies in an archive, without folder and suffix.

    >>> stem_of("scene/a beach-0.mp4")
    'scene_a beach-0'
    """
    return re.sub(r"\.[^.]*$", "", video).replace("/", "_")
