"""Safetensors: what a file's header says without reading its tensors, and files that are parts of one whole."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench.errors import CheckpointError
from vbench.files.json_file import plain_json

if TYPE_CHECKING:
    from torch import Tensor

SUFFIX = ".safetensors"

INDEX = ".safetensors.index.json"

LONGEST = 100_000_000
"""Bytes of a header, the format's own limit."""

_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64, "F4": 4,
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A tensor in a header.

    Attributes:
        dtype: as the format names it, ``"F32"``.
        shape: of the tensor.
    """

    dtype: str
    shape: tuple[int, ...]


def header(path: Path) -> dict[str, Entry]:
    """What a file says that it holds, after its sizes were found to agree with that.

    Raises:
        CheckpointError: it is cut short, or no safetensors at all.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        text = file.read(length) if 0 < length <= min(size, LONGEST) else b""
    return parsed(text, f"{path}", size - 8 - length)


def parsed(text: bytes, where: str, room: int) -> dict[str, Entry]:
    """A header's text.

    Args:
        text: of the header.
        where: it was found, for messages.
        room: bytes behind it.

    Raises:
        CheckpointError: it is no header, or its tensors are not the bytes behind it.
    """
    try:
        told: dict[str, Any] = plain_json(text)
        told.pop("__metadata__", None)
        entries = {key: Entry(one["dtype"], tuple(map(index, one["shape"]))) for key, one in told.items()}
        ends = [(one["data_offsets"][1], one["data_offsets"][1] - one["data_offsets"][0]) for one in told.values()]
        if any(not isinstance(one.dtype, str) or min(one.shape, default=0) < 0 for one in entries.values()):
            raise ValueError("a type that is no text, or a side below 0")
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise CheckpointError(
            f"{where} is no safetensors file, or its beginning is lost. Download it again."
        ) from error
    for (key, entry), (_, length) in zip(entries.items(), ends, strict=True):
        bits = _BITS.get(entry.dtype)
        if bits and length * 8 != prod(entry.shape) * bits:
            raise CheckpointError(f"{where} contradicts itself about {key}. Download it again.")
    needed = max((end for end, _ in ends), default=0)
    if room != needed:
        raise CheckpointError(
            f"{where} has {room:,} bytes of tensors where its header promises {needed:,}: it is damaged or was not "
            "downloaded to its end. Download it again."
        )
    return entries


def parts_of(path: Path) -> list[Path]:
    """The files of a checkpoint.

    Args:
        path: a file, an index of several, or a folder with either.

    Raises:
        CheckpointError: there is none, a file that the index names is not there, or several would do.
    """
    if not path.is_dir():
        return _indexed(path) if path.name.endswith(INDEX) else [path]
    indices = sorted(path.glob(f"*{INDEX}"))
    files = sorted(path.glob(f"*{SUFFIX}"))
    if len(indices) == 1:
        return _indexed(indices[0])
    if indices or not files:
        found = ", ".join(one.name for one in indices) or "none"
        raise CheckpointError(f"{path} must hold safetensors, in one file or with one index; found {found}.")
    return files


def index_of(path: Path) -> dict[str, str]:
    """Key -> file of an index.

    Raises:
        CheckpointError: it is no index.
    """
    try:
        table = plain_json(path.read_text(encoding="utf-8"))["weight_map"]
        return {str(key): str(file) for key, file in table.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointError(f"{path} is no index of safetensors ({error}). Download it again.") from error


def _indexed(path: Path) -> list[Path]:
    names = sorted(set(index_of(path).values()))
    missing = [name for name in names if not (path.parent / name).is_file()]
    if missing:
        raise CheckpointError(
            f"{path.parent} lacks {len(missing)} of {len(names)} files that {path.name} names: "
            f"{', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''}. Download it again; what is there is kept."
        )
    return [path.parent / name for name in names]


def headers(path: Path) -> dict[str, Entry]:
    """What all files of a checkpoint hold together.

    Raises:
        CheckpointError: a file is damaged or missing, or two hold the same key.
    """
    whole: dict[str, Entry] = {}
    for part in parts_of(path):
        found = header(part)
        _refuse_twice(whole, found, part)
        whole |= found
    return whole


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of all files of a checkpoint, on the CPU.

    Raises:
        CheckpointError: as :func:`headers`.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    whole: dict[str, Tensor] = {}
    for part in parts_of(path):
        try:
            found = load_file(part)
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{part} cannot be read: {error}. Delete it and download it again.") from error
        _refuse_twice(whole, found, part)
        whole |= found
    return whole


def _refuse_twice(whole: Mapping[str, Any], found: Mapping[str, Any], part: Path) -> None:
    twice = sorted(set(whole) & set(found))
    if twice:
        raise CheckpointError(f"{part} holds keys that another file of {part.parent} has too, such as {twice[0]}.")
