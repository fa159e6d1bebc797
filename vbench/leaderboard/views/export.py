"""The board as a file: JSON for programs, CSV for tables and spreadsheets."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterable
from typing import Any

from vbench.benchmarks.registry import benchmark_named
from vbench.leaderboard.views.board_row import BoardRow
from vbench.leaderboard.views.ranking import SELECTED, columns_of

VERSION = 2
"""Of the JSON: 1, which did not say so, had one ranking for all benchmarks, and scores by category."""

RUNNABLE = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the start of a formula; the signs also in their full-width and small forms."""


def as_json(entries: Iterable[BoardRow]) -> str:
    """Everything about the rows but scores by category, a row a line; raw scores, missing ones absent."""
    rows = ({name: value for name, value in entry.plain().items() if name != "by_category"} for entry in entries)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
    return f'{{"version": {VERSION}, "rows": [\n{lines}\n]}}\n'


def as_csv(entries: Iterable[BoardRow]) -> str:
    """One line a row: the card, the raw scores and their intervals; an empty cell is a missing score.

    The scores are those of the benchmarks that the rows are of, each name once.
    """
    found = list(entries)
    benchmarks = dict.fromkeys(entry.benchmark for entry in found)
    names = list(
        dict.fromkeys(name for one in benchmarks for name in columns_of(benchmark_named(one)) if name != SELECTED)
    )
    lines = [_cells(entry, names) for entry in found]
    text = io.StringIO()
    if lines:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(lines[0])
        writer.writerows(line.values() for line in lines)
    return text.getvalue()


def cell(value: Any) -> Any:
    r"""A value as a spreadsheet should see it: numbers as they are, text that cannot run.

    >>> cell(-0.5), cell("=HYPERLINK(1)"), cell("-1"), cell("a model"), cell(" \N{FULLWIDTH EQUALS SIGN}1")[:2]
    (-0.5, "'=HYPERLINK(1)", "'-1", 'a model', "' ")
    """
    if isinstance(value, str) and _runs(value):
        return f"'{value}"
    return "" if value is None else value


def _runs(text: str) -> bool:
    """Whether it starts, perhaps after blanks, with what a spreadsheet calculates."""
    return text.startswith(RUNNABLE) or unicodedata.normalize("NFKC", text.lstrip()[:1]).startswith(RUNNABLE)


def _cells(entry: BoardRow, names: Iterable[str]) -> dict[str, Any]:
    values: dict[str, Any] = {"id": entry.id, "kind": entry.kind, "certification": entry.certification}
    values |= entry.card.plain()
    for name in names:
        figure = entry.scores.get(name)
        values |= {name: figure and figure.value, f"{name}_low": figure and figure.low}
        values |= {f"{name}_high": figure and figure.high}
    values |= {"benchmark": entry.benchmark, "suite": entry.suite, "profile": entry.profile}
    values |= {"received": entry.received, "source": entry.source}
    values |= {"apart": " ".join(entry.apart), "remarks": " ".join(entry.notes)}
    values |= {"unverified": " ".join(entry.unverified)}
    return {name: cell(value) for name, value in values.items()}
