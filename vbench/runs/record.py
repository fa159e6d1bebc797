"""The provenance of a run: what was asked, with what, on which machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vbench.errors import UsageError
from vbench.files.atomic import write_atomically

STORE, RECORD = "run.sqlite", "run.json"


RECORD_VERSION = 1


def read_record(folder: Path) -> dict[str, Any]:
    """The provenance of a run.

    Raises:
        UsageError: the folder holds no run, or one of a newer version.
    """
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{folder} holds no run ({error}). Make one with: vbench evaluate VIDEOS --output {folder}"
        ) from error
    except ValueError as error:
        if not (folder / RECORD).stat().st_size:
            raise UsageError(
                f"{folder / RECORD} is empty, as a crash or a full disk leaves it. The scores are in {STORE}: the "
                f"command that made the run writes it anew and scores nothing twice."
            ) from error
        raise UsageError(f"{folder / RECORD} is no record of a run ({error}): choose another folder.") from error
    if not isinstance(record, dict) or "version" not in record:
        raise UsageError(f"{folder / RECORD} is no record of a run: choose another folder.")
    if record.get("version", 0) > RECORD_VERSION:
        raise UsageError(f"{folder} was written by a newer vbench (version {record['version']}).")
    return record


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Put a run's provenance into its folder, whole or not at all."""
    write_atomically(folder / RECORD, json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
