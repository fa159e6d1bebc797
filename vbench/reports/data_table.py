"""A table that the reader of a page sorts and searches: its rows lie in the page as data, a script shows some of them.

The script (``templates/data_table.js``) writes text, never markup, and the page's policy lets no other one run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

Cell = str | float | None | Mapping[str, Any]
"""A text, a number, nothing, or a ``text`` with more: what stands ``below`` it, a ``link``, a run's ``look``, the
number of a ``film`` or ``still``, or a ``note`` where there is none."""


@dataclass(frozen=True)
class DataTable:
    """Headings and rows."""

    columns: Sequence[str]
    rows: list[Sequence[Cell]] = field(default_factory=list)

    def add(self, *cells: Cell) -> None:
        """Add a row: a cell for each column."""
        assert len(cells) == len(self.columns), (len(cells), self.columns)
        self.rows.append(cells)

    def plain(self) -> dict[str, Any]:
        """As JSON types."""
        return {"columns": list(self.columns), "rows": [list(row) for row in self.rows]}


def script() -> str:
    """The text of the script."""
    return template_text("data_table.js")


def template_text(name: str) -> str:
    """A file beside the templates, as it is."""
    return (files("vbench.reports") / "templates" / name).read_text(encoding="utf-8")


def policy() -> str:
    """The Content-Security-Policy of a page that holds such tables: nothing from outside, and this script alone."""
    digest = base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'"
