"""``sampling.json``: how a folder's videos were sampled, and for what, so that an evaluation takes it up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vbench.benchmarks.t2v import T2V
from vbench.errors import UsageError
from vbench.files.json_file import plain_json

RECORD = "sampling.json"

RECORD_VERSION = 2
"""Version 1 knew one benchmark."""


def read_sampling(folder: Path) -> dict[str, Any] | None:
    """What is known of how a folder's videos were sampled; ``None`` where ``vbench generate`` did not make them.

    Raises:
        UsageError: the record cannot be read.
    """
    path = folder / RECORD
    if not path.exists():
        return None
    try:
        record: dict[str, Any] = plain_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    version = record.get("version", 0) if isinstance(record, dict) else 0
    if isinstance(version, int) and version > RECORD_VERSION:
        raise UsageError(f"{path} was written by a newer vbench (version {version}).")
    if not isinstance(record, dict) or not {"version", "model", "suite"} <= set(record):
        raise UsageError(f"{path} is no record of a sampling: move it away, or choose another folder.")
    return {"benchmark": T2V.name, **record}
