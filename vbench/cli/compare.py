"""``vbench compare``: is a checkpoint better?"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vbench.cli.benchmarks import Named
from vbench.cli.progress import ProgressStyle, progress_of
from vbench.errors import UsageError

if TYPE_CHECKING:
    from vbench.analysis.comparison import Comparison
    from vbench.analysis.gate import Judged
    from vbench.analysis.statistics import PairedDifference


class Format(StrEnum):
    """How a comparison is printed."""

    table = "table"
    markdown = "markdown"
    json = "json"
    csv = "csv"


PICTURES = (".svg", ".png", ".pdf")
"""What a plot is written as."""

FILES = {".md": Format.markdown, ".json": Format.json, ".csv": Format.csv}
"""What a file is written as, by its suffix."""


def compare(
    runs: Annotated[
        list[Path], typer.Argument(help="Folders of runs; the first is the yardstick.", show_default=False)
    ],
    gate: Annotated[
        str | None,
        typer.Option(
            help='Conditions in points, such as "total>-0.5,imaging_quality@animal>-1", or "worse": nothing may be '
            "worse beyond noise. Exit status 1 if one is not met.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option(help="Compare runs of different kinds, and mark it.")] = False,
    seed: Annotated[int, typer.Option(help="Of the random draws.")] = 0,
    prompts: Annotated[int, typer.Option(min=0, help="Prompts to list whose scores moved most.")] = 5,
    plot: Annotated[
        tuple[str, str, str] | None,
        typer.Option(
            metavar="trade-off X Y",
            help="Draw two scores of the runs against each other, into trade-off-X-Y.svg or the picture of -o.",
            show_default=False,
        ),
    ] = None,
    benchmark: Named = None,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    json_output: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output", "-o", help="Also write it to this file: .md, .json or .csv; repeatable.", show_default=False
        ),
    ] = None,
) -> None:
    """Compare runs over the prompts that they share: score, change, interval, and whether it is beyond noise.

    Exit status: 0 compared (and the gate is met), 1 the gate is not met, 2 wrong call, runs of different kinds, or
    runs that share no prompt.

    Examples:
      vbench compare runs/base runs/new
      vbench compare runs/base runs/new --gate worse
      vbench compare runs/base runs/new --gate "total>-0.5,color@animal>-1"
      vbench compare runs/base runs/new -o compare.md -o compare.json
      vbench compare a b c --plot trade-off dynamic_degree subject_consistency
    """
    from vbench.analysis.comparison import benchmark_of, compare_runs, refuse_unshared
    from vbench.analysis.gate import judge, parsed
    from vbench.benchmarks.registry import benchmark_named
    from vbench.cli.comparison_output import gate_lines
    from vbench.files import ours

    pictures = [path for path in output or () if plot and path.suffix in PICTURES]
    files = {path: _format_of(path) for path in output or () if path not in pictures}
    ours.refuse_foreign(*files, *pictures)
    rules = benchmark_named(benchmark) if benchmark else None
    if plot:
        from vbench.cli.trade_off import draw

        draw(runs, plot, rules or benchmark_of(runs[0]), pictures)
    conditions = [] if gate is None else parsed(gate, rules or benchmark_of(runs[0]))
    takes_long = len(runs) > 2  # as draws grow with the number of comparisons
    bar = progress_of(ProgressStyle.rich if takes_long and sys.stderr.isatty() else ProgressStyle.none)
    compared = compare_runs(runs, force, seed, prompts, rules, bar)
    refuse_unshared(runs, compared)
    judged = judge(conditions, compared)
    for comparison in compared:
        for objection in comparison.objections:
            typer.echo(f"{comparison.yardstick} and {comparison.name} should not be compared: {objection}", err=True)
        for said in (*comparison.told_gaps, *comparison.remarks):
            typer.echo(said, err=True)
    form = Format.json if json_output else form
    if form is Format.table:
        _tables(compared)
        typer.echo("\nWhat each score is a score of: vbench card RUN")
    else:
        typer.echo(_written(form, compared, judged))
    for path, as_form in files.items():
        ours.write(path, _written(as_form, compared, judged) + "\n")
    for line in gate_lines(judged):
        typer.echo(line, err=True)
    raise typer.Exit(int(not all(one.met for one in judged)))


def _format_of(path: Path) -> Format:
    if path.suffix not in FILES:
        raise UsageError(f"{path}: a comparison is written to {', '.join(FILES)}.")
    return FILES[path.suffix]


def _written(form: Format, compared: Sequence[Comparison], judged: Sequence[Judged]) -> str:
    from vbench.cli.comparison_output import as_csv, as_json, as_markdown

    return {Format.markdown: as_markdown, Format.json: as_json, Format.csv: as_csv}[form](compared, judged)


def _tables(compared: Sequence[Comparison]) -> None:
    from vbench.cli.comparison_output import MOVED, category_rows, moved_cells
    from vbench.cli.table import Column, figures, print_table, prose

    for comparison in compared:
        _differences(f"{comparison.name} against {comparison.yardstick}, in points", comparison.differences)
        if comparison.by_category:
            typer.echo("")
            columns = [Column("dimension"), *map(figures, comparison.by_category)]
            print_table(columns, category_rows(comparison.by_category), "Change by category (* beyond noise)")
        if comparison.moved:
            typer.echo("")
            columns = [prose(MOVED[0]), Column(MOVED[1]), *map(figures, MOVED[2:])]
            print_table(columns, list(map(moved_cells, comparison.moved)), "Prompts that moved most, in points")


def _differences(title: str, differences: Mapping[str, PairedDifference]) -> None:
    """The table of all scores; where a verdict needs more than a word, it is told below."""
    from vbench.analysis.comparison import SAME, TOO_FEW
    from vbench.analysis.statistics import fewest
    from vbench.cli.comparison_output import HEADINGS, cells
    from vbench.cli.table import Column, figures, print_table

    short = {SAME: "noise", TOO_FEW: "-"}
    columns = [Column("dimension"), *map(figures, HEADINGS[1:5]), Column("verdict"), figures("prompts to settle")]
    rows = [tuple(short.get(cell, cell) for cell in cells(*item)) for item in differences.items()]
    print_table(columns, rows, title)
    few = {name: found.prompts for name, found in differences.items() if not found.has_verdict}
    if few:
        counts = ", ".join(map(str, sorted(set(few.values()))))
        typer.echo(f"- {TOO_FEW}: {counts}; with {fewest(len(differences))} each score here has one")
