"""``samples.jsonl``: what each sampled video is, one JSON object a line, beside the videos.

With it file names mean nothing, and a score says which text was fed to the model, by whom it was extended, and with
which seed and settings the video was made.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from vbench.errors import UsageError
from vbench.files.json_file import plain_json
from vbench.files.text import text_of

NAME = "samples.jsonl"


@dataclass(frozen=True)
class SampleRecord:
    """One line of the manifest.

    Attributes:
        file: path of the video relative to the manifest, with forward slashes.
        prompt: the suite's prompt, which the video is judged against.
        index: number of the sample, from 0.
        text: what was fed to the model; equals the prompt unless it was extended.
        extender: who extended the prompt (a model and its settings), ``""`` if nobody did.
        seed: of the noise, ``None`` where the generator cannot tell.
        generator: name of the model.
        settings: what was asked for (steps, guidance, size, fps, ...), and what the generator says of it.
        sha256: digest of the file, ``""`` where it was not taken.
        flaws: what was seen to be wrong with the frames; ``None`` where nobody looked.
        measured: frames, height, width and fps of the file; ``None`` where nobody measured.
        read: tokenizer -> tokens of the text that it kept and cut; ``None`` where nobody could tell.
        findings: in which way it is not what was asked for.
    """

    file: str
    prompt: str
    index: int = 0
    text: str = ""
    extender: str = ""
    seed: int | None = None
    generator: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""
    flaws: Sequence[str] | None = None
    measured: Mapping[str, Any] | None = None
    read: Mapping[str, Any] | None = None
    findings: Sequence[str] = field(default_factory=list)


_TYPES: dict[str, tuple[type, ...]] = {
    "file": (str,),
    "prompt": (str,),
    "index": (int,),
    "text": (str,),
    "extender": (str,),
    "seed": (int, type(None)),
    "generator": (str,),
    "settings": (dict,),
    "sha256": (str,),
    "flaws": (list, type(None)),
    "measured": (dict, type(None)),
    "read": (dict, type(None)),
    "findings": (list,),
}


def read_manifest(folder: Path) -> list[SampleRecord]:
    """The records of a folder's manifest; the last line of a file wins, as it was sampled last.

    Returns:
        The records, empty where the folder has no manifest.

    Raises:
        UsageError: a line is no record, or its file leaves the folder; the message has the line's number.
    """
    path = folder / NAME
    if not path.exists():
        return []
    records: dict[str, SampleRecord] = {}
    for number, line in enumerate(_whole_lines(_text(path)), 1):
        if line.strip():
            record = _record(line, f"{path}, line {number}")
            records[record.file] = record
    return list(records.values())


def _text(path: Path) -> str:
    """The text of a manifest, less a last letter of which a full disk cut off a part."""
    content = path.read_bytes()
    try:
        return text_of(content)
    except ValueError as error:
        cut = error.__cause__
        if isinstance(cut, UnicodeDecodeError) and cut.reason == "unexpected end of data":
            return text_of(content[: cut.start])
        raise UsageError(f"{path} cannot be read: {error}.") from error


def _whole_lines(text: str) -> list[str]:
    """The lines of a manifest, less a last one that a kill cut short."""
    *lines, last = text.split("\n")
    try:
        plain_json(last)
    except ValueError:
        return lines
    return [*lines, last]


def append_record(folder: Path, record: SampleRecord) -> None:
    """Add a line to a folder's manifest; it is on disk on return."""
    with (folder / NAME).open("a", encoding="utf-8") as file:
        file.write(manifest_text([record]))
        file.flush()
        os.fsync(file.fileno())


def manifest_text(records: Iterable[SampleRecord]) -> str:
    """The records as a manifest's text, a line each."""
    return "".join(json.dumps(asdict(record), ensure_ascii=False, allow_nan=False) + "\n" for record in records)


def _record(line: str, where: str) -> SampleRecord:
    try:
        values = plain_json(line)
    except ValueError as error:
        raise UsageError(f"{where}: not JSON ({error}).") from error
    return record_of(values, where)


def record_of(values: Any, where: str) -> SampleRecord:
    """A record from what a line says.

    Args:
        values: as JSON types.
        where: the line is, for the message.

    Raises:
        UsageError: it is no record, or its file leaves the folder.
    """
    if not isinstance(values, dict):
        raise UsageError(f"{where}: expected an object, found a {type(values).__name__}.")
    unknown = sorted(set(values) - set(_TYPES))
    if unknown:
        raise UsageError(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(_TYPES)}.")
    for name in ("file", "prompt"):
        if not values.get(name):
            raise UsageError(f"{where}: {name} is missing.")
    for name, value in values.items():
        if not isinstance(value, _TYPES[name]) or isinstance(value, bool):
            raise UsageError(f"{where}: {name} must be a {_TYPES[name][0].__name__}, found {value!r}.")
    inside = PurePosixPath(values["file"])
    if inside.is_absolute() or ".." in inside.parts or "\\" in values["file"]:
        raise UsageError(f"{where}: the file {values['file']!r} leaves the folder of the manifest.")
    return SampleRecord(**{"text": values["prompt"], **values})
