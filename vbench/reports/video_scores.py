"""Per-video scores as a table of a file: CSV or Parquet, a line for each video and dimension."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vbench.errors import MissingExtra, UsageError
from vbench.files import ours
from vbench.runs.store import Row

FIELDS = ("video", "prompt", "category", "dimension", "score", "weight", "status", "reason", "sha256")

SUFFIXES = (".csv", ".parquet")


def video_scores(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """What each dimension said of each video, by video; a score that is not there is ``None``.

    A score of weight 0 does not count in the dimension's score.
    """
    ordered = sorted(rows, key=lambda row: (row.video, row.prompt, row.dimension))
    return [{name: getattr(row, "value" if name == "score" else name) for name in FIELDS} for row in ordered]


def refuse_unknown(path: Path) -> None:
    """Ask before the work whether a file can be written.

    Raises:
        UsageError: its name ends in something else, or another file is in its place.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path} does not say what table it shall be: expected a name that ends in .csv or .parquet.")
    ours.refuse_foreign(path)


def write_video_scores(rows: Iterable[Row], path: Path) -> None:
    """Write them; the name's ending says how.

    Args:
        rows: of a run.
        path: ``*.csv`` (UTF-8) or ``*.parquet``.

    Raises:
        UsageError: as :func:`refuse_unknown`.
        MissingExtra: Parquet is wanted, and pyarrow is not installed.
    """
    refuse_unknown(path)
    table = video_scores(rows)
    ours.write(path, _parquet(table) if path.suffix.lower() == ".parquet" else _csv(table))


def _csv(table: list[dict[str, Any]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def _parquet(table: list[dict[str, Any]]) -> bytes:
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise MissingExtra('Parquet needs pyarrow: pip install "vbench-suite[report]", or choose .csv') from error
    kinds = [(name, pyarrow.float64() if name in ("score", "weight") else pyarrow.string()) for name in FIELDS]
    content = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(table, schema=pyarrow.schema(kinds)), content)
    return content.getvalue()
