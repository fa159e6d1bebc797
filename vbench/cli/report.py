"""``vbench report``: one HTML file about one or several runs, and their charts and scores for papers."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vbench.cli.benchmarks import Named


class Kind(StrEnum):
    """Kinds of pictures."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Folders of runs; with several, the first is the yardstick.", show_default=False),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The HTML file; by default report.html in the first run.")
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(help="Name of a run, once for each, in their order; by default the folders' names."),
    ] = None,
    pictures: Annotated[
        float, typer.Option(min=0, metavar="MB", help="Size of all thumbnails together; what is over is left out.")
    ] = 1.8,
    figures: Annotated[
        Path | None, typer.Option(help="Also write every chart as pictures into this folder.", show_default=False)
    ] = None,
    figure_format: Annotated[
        list[Kind] | None, typer.Option(help="Of these pictures; by default all three.", show_default=False)
    ] = None,
    latex: Annotated[
        Path | None, typer.Option(help="Also write the score card as a LaTeX table.", show_default=False)
    ] = None,
    benchmark: Named = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Show faces and unsafe frames as they are; by default they are blurred.")
    ] = False,
) -> None:
    """Write one HTML file: scores with intervals, comparison, radars, categories, every video, gaps.

    More than six runs make an index of runs, and a report of each in a folder beside it.

    Examples:
      vbench report vbench-runs/mine-official
      vbench report runs/base runs/new --name Base --name New -o report.html
      vbench report runs/base runs/new --figures figures --latex scores.tex
    """
    from vbench.benchmarks.registry import benchmark_named
    from vbench.errors import UsageError
    from vbench.files import ours
    from vbench.reports.report_page import TOGETHER, write_page, write_report

    rules = benchmark_named(benchmark) if benchmark else None
    target = output or runs[0] / "report.html"
    size = round(1_000_000 * pictures)
    if not (figures or latex):
        typer.echo(write_report(runs, target, rules, name or (), size, clear))
        return
    if len(runs) > TOGETHER:
        raise UsageError(f"--figures and --latex show up to {TOGETHER} runs; found {len(runs)}.")
    from vbench.reports.figures import KINDS, latex_table, write_figures
    from vbench.reports.report_data import gather

    ours.refuse_foreign(target, *filter(None, [latex]))
    found = gather(runs, rules, name or (), size, clear)
    typer.echo(write_page(found, target))
    if latex:
        ours.write(latex, latex_table(found))
        typer.echo(latex)
    if figures:
        kinds = [kind.value for kind in figure_format or ()] or KINDS
        written = write_figures(found, figures, kinds)
        typer.echo(f"{figures}: {len(written)} pictures")
