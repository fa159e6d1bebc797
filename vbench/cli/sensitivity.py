"""``vbench sensitivity``: does a dimension react to what it claims to measure?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vbench.cli.card import print_json
from vbench.cli.progress import ProgressStyle, progress_of

if TYPE_CHECKING:
    from vbench.analysis.sensitivity import Sweep

BAR = 30
"""Characters of the bar of the highest score; the lowest has none."""


def sensitivity(
    dimension: Annotated[
        list[str], typer.Option("--dimension", "-d", help="What to watch; repeatable.", show_default=False)
    ],
    dial: Annotated[
        str, typer.Option(help="What to turn instead of the dimension's own dial.", show_default=False)
    ] = "",
    profile: Annotated[str, typer.Option(help="official or lite")] = "official",
    steps: Annotated[int, typer.Option(min=2, help="Positions of the dial from 0 to 1.")] = 6,
    seed: Annotated[int, typer.Option(help="Of the scenes.")] = 0,
    plot: Annotated[
        Path | None,
        typer.Option(help="Write score against strength to this .svg, .pdf or .png file; of several, each to its own."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps")] = "auto",
    json_output: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    progress: Annotated[
        ProgressStyle, typer.Option(help="How to show progress, on standard error.")
    ] = ProgressStyle.auto,
) -> None:
    """Turn a known defect up in synthetic videos and watch what the score of a dimension does.

    Examples:
      vbench sensitivity --dimension temporal_flickering --profile lite
      vbench sensitivity -d motion_smoothness --dial blur --steps 9 --plot m.svg
    """
    from vbench import device as devices
    from vbench.analysis.sensitivity import sweep
    from vbench.dimensions.profiles import profile as profile_named
    from vbench.files import ours
    from vbench.reports.chart import kind_of
    from vbench.reports.charts import response
    from vbench.runs.evaluators import Evaluators

    plots = [_file(plot, name, len(dimension)) for name in dimension] if plot else []
    kinds = [kind_of(file) for file in plots]
    ours.refuse_foreign(*plots)
    evaluators = Evaluators(profile_named(profile), devices.choose(device))
    sweeps = [sweep(name, evaluators, dial, steps, seed=seed, progress=progress_of(progress)) for name in dimension]
    for place, found in enumerate(sweeps):
        if plots:
            chart = response(found.strengths, found.means, list(found.scores.values()), found.dial.replace("_", " "))
            ours.write(plots[place], chart.picture(kinds[place]))
        if not json_output:
            _print(found)
    if json_output:
        print_json([asdict(found) for found in sweeps])


def _file(plot: Path, dimension: str, count: int) -> Path:
    return plot if count == 1 else plot.with_stem(f"{plot.stem}-{dimension}")


def _print(found: Sweep) -> None:
    typer.echo(f"\n{found.dimension} against {found.dial.replace('_', ' ')}, {len(found.scores)} scenes")
    low, high = min(found.means), max(found.means)
    for strength, mean in zip(found.strengths, found.means, strict=True):
        typer.echo(f"{strength:5.2f}  {mean:7.4f}  {'█' * round(BAR * (mean - low) / ((high - low) or 1))}".rstrip())
    if found.monotonicity is None:
        typer.echo("It does not react: no clip's score changes.")
    else:
        typer.echo(f"Monotonicity {found.monotonicity:+.2f} (-1: it only falls, +1: it only rises)")
