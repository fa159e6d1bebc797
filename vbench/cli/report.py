"""``vbench report``: one HTML file about one or several runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Folders of runs; with several, the first is the yardstick.", show_default=False),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The HTML file; by default report.html in the first run.")
    ] = None,
) -> None:
    """Write one HTML file: scores with intervals, comparison, radars, categories, lowest and highest videos, gaps.

    Examples:
      vbench report vbench-runs/mine-official
      vbench report runs/base runs/new --output report.html
    """
    from vbench.reports.report_page import write_report

    typer.echo(write_report(runs, output or runs[0] / "report.html"))
