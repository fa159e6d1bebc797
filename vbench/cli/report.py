"""``vbench report``: one HTML file about one or several runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vbench.cli.benchmarks import Named


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Folders of runs; with several, the first is the yardstick.", show_default=False),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The HTML file; by default report.html in the first run.")
    ] = None,
    benchmark: Named = None,
) -> None:
    """Write one HTML file: scores with intervals, comparison, radars, categories, lowest and highest videos, gaps.

    Examples:
      vbench report vbench-runs/mine-official
      vbench report runs/base runs/new --output report.html
    """
    from vbench.benchmarks.registry import benchmark_named
    from vbench.reports.report_page import write_report

    rules = benchmark_named(benchmark) if benchmark else None
    typer.echo(write_report(runs, output or runs[0] / "report.html", rules))
