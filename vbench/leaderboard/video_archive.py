"""Videos of a job: a folder of this machine, or a zip, here or at an address, unpacked beside the run.

Of a zip only videos and their manifest are taken, whatever else it holds; no name leads out of the folder, and it stops
at the largest size, whatever the zip claims.
"""

from __future__ import annotations

import re
import shutil
import urllib.request
import zipfile
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from vbench.errors import UsageError, VBenchError
from vbench.files.arriving import pieces
from vbench.files.zips import unreadable
from vbench.media.decode import SUFFIXES
from vbench.sampling.manifest import NAME as MANIFEST

GIB = 1 << 30

LARGEST = 200 * GIB
"""Of a zip, and of all that is in it."""

PIECE = 1 << 20

TIMEOUT = 60
"""Seconds in which something must arrive."""

READY = ".unpacked"
"""File that says that everything is there."""


def fetched(source: str, folder: Path) -> Path:
    """The folder with the videos; what was unpacked before is not fetched again.

    Args:
        source: folder, zip, or http(s) address of a zip.
        folder: where a zip is unpacked.

    Raises:
        UsageError: there is nothing, or no zip.
        VBenchError: it could not be fetched, or is too large.
    """
    if not is_address(source):
        place = Path(source)
        if place.is_dir():
            return place
        if not place.is_file():
            raise UsageError("There is neither a folder nor a zip of videos at the place that the job names.")
    if (folder / READY).is_file():
        return _root(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archive = folder.with_name(f"{folder.name}.zip")
    try:
        if is_address(source):
            _download(source, archive)
        _unpack(archive if is_address(source) else Path(source), folder)
    finally:
        archive.unlink(missing_ok=True)
    (folder / READY).touch()
    return _root(folder)


def is_address(source: str) -> bool:
    """Whether a source is an http or https address."""
    return urlsplit(source).scheme in ("http", "https")


class _HttpOnly(urllib.request.HTTPRedirectHandler):
    """Follows an address to http and https only."""

    def redirect_request(self, *values: Any) -> Any:
        """The next request."""
        if not is_address(values[5]):
            raise VBenchError("The address leads to something that is neither http nor https.")
        return super().redirect_request(*values)


def _download(address: str, target: Path) -> None:
    try:
        with urllib.request.build_opener(_HttpOnly).open(address, timeout=TIMEOUT) as answer, target.open("wb") as file:
            for piece in pieces(answer, PIECE):
                file.write(piece)
                if file.tell() > LARGEST:
                    raise VBenchError(f"The archive is larger than {LARGEST // GIB} GiB.")
    except (OSError, ValueError, HTTPException) as error:
        raise VBenchError(f"The archive at {urlsplit(address).hostname} could not be fetched: {error}.") from error


def _unpack(archive: Path, folder: Path) -> None:
    left = LARGEST
    with (
        unreadable(lambda error: UsageError(f"The archive is no zip that can be read: {error}.")),
        zipfile.ZipFile(archive) as packed,
    ):
        entries = [entry for entry in packed.infolist() if _is_wanted(entry.filename)]
        if not entries:
            raise UsageError(f"The archive holds no videos; expected files that end in {', '.join(SUFFIXES)}.")
        for entry in entries:
            target = folder / _inside(entry.filename)
            target.parent.mkdir(parents=True, exist_ok=True)
            with packed.open(entry) as source, _new(target) as file:
                while piece := source.read(min(PIECE, left + 1)):
                    left -= len(piece)
                    if left < 0:
                        raise VBenchError(f"The archive unpacks to more than {LARGEST // GIB} GiB.")
                    file.write(piece)


def _new(target: Path) -> BinaryIO:
    try:
        return target.open("xb")
    except FileExistsError as error:
        raise UsageError(f"The archive holds two files {target.name!r:.100}.") from error


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) and part != ".." for part in path.parts)
    return not name.endswith("/") and not hidden and (path.suffix.lower() in SUFFIXES or path.name == MANIFEST)


def _inside(name: str) -> PurePosixPath:
    """The name within the folder.

    Raises:
        UsageError: it leads elsewhere.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or re.match(r"[A-Za-z]:", name):
        raise UsageError(f"{name!r:.100} points outside the archive.")
    return path


def _root(folder: Path) -> Path:
    """The folder, or the only one in it where a zip was made of a folder."""
    inside = [path for path in folder.iterdir() if path.name != READY]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder
