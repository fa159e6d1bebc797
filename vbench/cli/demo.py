"""``vbench demo``: the whole way from a prompt suite to a report, without a download."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

MODELS = {"steady": "synthetic", "shaky": "synthetic:jerk=0.6,flicker=0.4"}
"""Two models that differ in two known defects."""


def demo(
    context: typer.Context,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder for the videos, the runs and the report: new, empty, or a demo's."),
    ] = Path("demo-output"),
) -> None:
    """Sample two synthetic models, score them with the lite profile, compare them and write a report; two minutes.

    Examples:
      vbench demo
      vbench demo --output here
    """
    from vbench.files import ours

    ours.claim(output)
    videos, runs = output / "videos", output / "runs"
    for name, model in MODELS.items():
        _run(context, f"generate --model {model} --suite demo --samples 1 --out {videos / name}")
        _run(context, f"check {videos / name} --profile lite")
        _run(context, f"evaluate {videos / name} --profile lite --output {runs / name}")
    _run(context, f"compare {runs / 'steady'} {runs / 'shaky'}")
    _run(context, f"report {runs / 'steady'} {runs / 'shaky'} --output {output / 'report.html'}")
    typer.echo(
        "\nYour own videos:    vbench evaluate YOUR_VIDEOS --profile lite\n"
        "A model:            vbench generators, then vbench generate --model NAME --suite open --out VIDEOS\n"
        "The real backbones: vbench weights download, then vbench evaluate VIDEOS"
    )


def _run(context: typer.Context, command: str) -> None:
    """Show a command and carry it out; one that finds something to tell (status 1) ends nothing."""
    typer.echo(f"\n$ vbench {command}")
    status = context.find_root().command.main(shlex.split(command), prog_name="vbench", standalone_mode=False)
    if status not in (None, 0, 1):
        raise typer.Exit(status)
