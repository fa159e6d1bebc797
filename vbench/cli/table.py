"""Tables and lists in a terminal of any width, in a pipe and in a log: no name and no digit is ever cut.

Prose wraps at spaces. Where that is not enough, figures are split into tables below each other, each with the first
column, and rows with prose are listed one below the other, a line for each cell.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

GAPS = (2, 1)
"""Spaces between two columns, and where that is too wide."""

LEGIBLE = 24
"""Characters that a column of prose has at least, unless it needs fewer."""

Row = Sequence[str]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        heading: wraps at spaces.
        prose: whether its cells wrap at spaces; all others stand as they are.
        right: whether its cells stand to the right, as figures do.
    """

    heading: str
    prose: bool = False
    right: bool = False


@dataclass(frozen=True)
class Widths:
    """How wide the columns of one table are, and how many spaces stand between two."""

    columns: Sequence[int]
    gap: int


def prose(heading: str) -> Column:
    """A column whose cells may wrap."""
    return Column(heading, prose=True)


def figures(heading: str) -> Column:
    """A column of numbers."""
    return Column(heading, right=True)


def print_table(columns: Sequence[Column], rows: Sequence[Row], title: str = "") -> None:
    """Print rows on standard output, whole at whatever width it has.

    Args:
        columns: the first one says what a row is about.
        rows: a cell for each column; an empty row draws a line.
        title: stands above.
    """
    console = Console(highlight=False, markup=False)
    if title:
        console.print(title, style="italic", soft_wrap=True)
    groups = _side_by_side(columns, rows, console.width)
    if not groups:
        print("\n".join(_listed(columns, rows, console.width)))
    for place, (group, widths) in enumerate(groups):
        if place:
            console.print()
        console.print(_table(columns, rows, group, widths))


def print_list(heading: str, names: Sequence[str], after: str = "") -> None:
    """Print ``heading: a, b: after`` on standard output, names a line each where they are more than a line takes."""
    end = f": {after}" if after else ""
    line = f"{heading}: {', '.join(names)}{end}"
    if cell_len(line) <= Console().width:
        print(line)
    else:
        print("\n".join([f"{heading}{end}:", *(f"  {name}" for name in names)]))


def _side_by_side(columns: Sequence[Column], rows: Sequence[Row], width: int) -> list[tuple[list[int], Widths]]:
    """The columns of each table, by their places, and how wide they are; nothing where no table takes them."""
    groups = [list(range(len(columns)))]
    if not _widths(columns, rows, groups[0], width) and not any(column.prose for column in columns[1:]):
        groups = [[0]]
        for place in range(1, len(columns)):
            if not _widths(columns, rows, [*groups[-1], place], width):
                groups.append([0])
            groups[-1].append(place)
    found = [(group, widths) for group in groups if (widths := _widths(columns, rows, group, width))]
    return found if len(found) == len(groups) else []


def _widths(columns: Sequence[Column], rows: Sequence[Row], group: Sequence[int], width: int) -> Widths | None:
    cells = [[row[place] for row in rows if row] for place in group]
    wanted = [max(_longest_line(found), cell_len(columns[at].heading)) for at, found in zip(group, cells, strict=True)]
    least = [_least(columns[at], found) for at, found in zip(group, cells, strict=True)]
    for gap in GAPS:
        left = width - gap * (len(group) - 1) - sum(least)
        if left >= 0:
            return Widths(_shared_out(left, least, wanted), gap)
    return None


def _least(column: Column, cells: Sequence[str]) -> int:
    longest = _longest_line(cells)
    if column.prose:
        longest = max(min(longest, LEGIBLE), *map(_longest_word, cells), 0)
    return max(longest, _longest_word(column.heading))


def _longest_line(cells: Sequence[str]) -> int:
    return max((cell_len(line) for cell in cells for line in cell.splitlines()), default=0)


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split()), default=0)


def _shared_out(left: int, least: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """Widths between the least and the wanted ones: each gets the same part of what it lacks."""
    lacking = [full - now for now, full in zip(least, wanted, strict=True)]
    part = min(1.0, left / (sum(lacking) or 1))
    return [now + int(part * lack) for now, lack in zip(least, lacking, strict=True)]


def _table(columns: Sequence[Column], rows: Sequence[Row], group: Sequence[int], widths: Widths) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, widths.gap - 1, 0, 0), pad_edge=False, show_edge=False)
    for place, wide in zip(group, widths.columns, strict=True):
        column = columns[place]
        table.add_column(column.heading, justify="right" if column.right else "left", width=wide, overflow="fold")
    for row in rows:
        if row:
            table.add_row(*(row[place] for place in group))
        else:
            table.add_section()
    return table


def _listed(columns: Sequence[Column], rows: Sequence[Row], width: int) -> Iterator[str]:
    """Each row below the other: the first cell, and a line for every other one that says something."""
    margin = 4 + max(cell_len(column.heading) for column in columns[1:])
    for row in filter(None, rows):
        yield row[0]
        for column, cell in zip(columns[1:], row[1:], strict=True):
            label = f"  {column.heading}"
            lines = [part for line in cell.splitlines() for part in _wrapped(line, width - margin)]
            for first, line in zip([label, *[""] * len(lines)], lines, strict=False):
                yield f"{first:{margin}}{line}"


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, max(width, LEGIBLE), break_long_words=False, break_on_hyphens=False)
