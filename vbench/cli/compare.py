"""``vbench compare``: is a checkpoint better?"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench.cli.benchmarks import Named
from vbench.cli.card import print_json

if TYPE_CHECKING:
    from vbench.analysis.comparison import Comparison
    from vbench.analysis.statistics import PairedDifference

HEADINGS = ("dimension", "first", "second", "change", "95 % interval", "verdict", "prompts to settle")

NOISE = "noise"
"""Verdict in a table where a difference is not beyond it."""


class Format(str, Enum):
    """How a comparison is printed."""

    table = "table"
    markdown = "markdown"
    json = "json"
    csv = "csv"


def compare(
    runs: Annotated[
        list[Path], typer.Argument(help="Folders of runs; the first is the yardstick.", show_default=False)
    ],
    gate: Annotated[
        str | None,
        typer.Option(help='Conditions in points, such as "total>-0.5,imaging_quality>-1"; exit status 1 if not met.'),
    ] = None,
    force: Annotated[bool, typer.Option(help="Compare runs of different kinds, and mark it.")] = False,
    seed: Annotated[int, typer.Option(help="Of the random draws.")] = 0,
    prompts: Annotated[int, typer.Option(min=0, help="Prompts to list whose scores moved most.")] = 5,
    benchmark: Named = None,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
) -> None:
    """Compare runs over the prompts that they share: score, change, interval, and whether it is beyond noise.

    Exit status: 0 compared (and the gate is met), 1 the gate is not met, 2 wrong call or runs of different kinds.

    Examples:
      vbench compare runs/base runs/new
      vbench compare runs/base runs/new --gate "total>-0.5,imaging_quality>-1"
      vbench compare runs/base runs/new --format markdown
    """
    from vbench.analysis.comparison import benchmark_of, compare_runs, conditions, failures
    from vbench.benchmarks.registry import benchmark_named

    rules = benchmark_named(benchmark) if benchmark else None
    asked = conditions(gate, rules or benchmark_of(runs[0])) if gate else []
    compared = compare_runs(runs, force, seed, prompts, rules)
    for comparison in compared:
        for objection in comparison.objections:
            typer.echo(f"{runs[0].name} and {comparison.name} should not be compared: {objection}", err=True)
    {Format.table: _tables, Format.markdown: _markdown, Format.json: _json, Format.csv: _csv}[form](
        runs[0].name, compared
    )
    unmet = failures(asked, compared)
    if asked:
        typer.echo("gate not met: " + "; ".join(unmet) if unmet else "gate met", err=True)
    raise typer.Exit(int(bool(unmet)))


def _cells(name: str, difference: PairedDifference) -> tuple[str, ...]:
    from vbench.analysis.comparison import verdict

    low, high = 100 * difference.low, 100 * difference.high
    settle = str(difference.prompts_to_settle or "-")
    first, second, change = (100 * value for value in (difference.first, difference.second, difference.change))
    return (
        name,
        f"{first:.2f}",
        f"{second:.2f}",
        f"{change:+.2f}",
        f"{low:+.2f} to {high:+.2f}",
        verdict(difference),
        settle,
    )


def _tables(first: str, compared: Sequence[Comparison]) -> None:
    from vbench.cli.diff import print_moved

    for comparison in compared:
        _differences(f"{comparison.name} against {first}, in points", comparison.differences)
        if comparison.by_category:
            _categories(comparison.by_category)
        if comparison.moved:
            typer.echo("")
            print_moved(comparison.moved)


def _differences(title: str, differences: Mapping[str, PairedDifference]) -> None:
    from vbench.analysis.comparison import SAME
    from vbench.cli.table import Column, figures, print_table

    columns = [Column("dimension"), *map(figures, HEADINGS[1:5]), Column("verdict"), figures("prompts to settle")]
    rows = [
        tuple(NOISE if cell == SAME else cell for cell in _cells(name, difference))
        for name, difference in differences.items()
    ]
    print_table(columns, rows, title)


def _categories(by_category: Mapping[str, Mapping[str, PairedDifference]]) -> None:
    """Changes within each category; a star is beyond noise, all comparisons of its category taken together."""
    from vbench.cli.table import Column, figures, print_table

    names = dict.fromkeys(name for differences in by_category.values() for name in differences)
    rows = [(name, *(_change(found.get(name)) for found in by_category.values())) for name in names]
    typer.echo("")
    print_table([Column("dimension"), *map(figures, by_category)], rows, "Change by category (* beyond noise)")


def _change(difference: PairedDifference | None) -> str:
    if difference is None:
        return "-"
    return f"{100 * difference.change:+.2f}{'*' if difference.is_significant() else ' '}"


def _markdown(first: str, compared: Sequence[Comparison]) -> None:
    for comparison in compared:
        marks = "".join(f" ({objection})" for objection in comparison.objections)
        typer.echo(f"**{comparison.name}** against **{first}**, in points{marks}\n")
        typer.echo(f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}")
        for name, difference in comparison.differences.items():
            typer.echo(f"| {' | '.join(_cells(name, difference))} |")
        typer.echo("")


def _json(first: str, compared: Sequence[Comparison]) -> None:
    print_json(
        [
            {
                "first": first,
                "second": comparison.name,
                "objections": list(comparison.objections),
                "differences": _plain(comparison.differences),
                "by_category": {name: _plain(found) for name, found in comparison.by_category.items()},
                "moved": [{**vars(move), "change": move.change} for move in comparison.moved],
            }
            for comparison in compared
        ]
    )


def _plain(differences: Mapping[str, PairedDifference]) -> dict[str, dict[str, Any]]:
    from vbench.analysis.comparison import verdict

    return {
        name: {**vars(difference), "change": difference.change, "verdict": verdict(difference)}
        for name, difference in differences.items()
    }


def _csv(first: str, compared: Sequence[Comparison]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(
        ("run", "category", "dimension", "first", "second", "change", "low", "high", "p_adjusted", "verdict")
    )
    for comparison in compared:
        for category, differences in {"": comparison.differences, **comparison.by_category}.items():
            for name, found in _plain(differences).items():
                values = (found[key] for key in ("first", "second", "change", "low", "high", "adjusted", "verdict"))
                writer.writerow((comparison.name, category, name, *values))
