"""``vbench demo``: the whole way from videos to a report, without a download."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from vbench.cli.progress import ProgressStyle, progress_of


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the videos, the run and the report.")
    ] = Path("demo-output"),
    progress: Annotated[
        ProgressStyle, typer.Option(help="How to show progress, on standard error.")
    ] = ProgressStyle.auto,
) -> None:
    """Score real footage and rendered clips with the lite profile and write a report; a few minutes on two cores."""
    from vbench import demo as scenes
    from vbench import device, run
    from vbench.check import check
    from vbench.cli.card import print_card
    from vbench.crew import Crew
    from vbench.plan import custom_plan
    from vbench.profiles import profile
    from vbench.reference import write_results
    from vbench.report import write_report

    videos, folder = output / "videos", output / "run"
    if videos.exists():
        shutil.rmtree(videos)
    made = scenes.make_videos(videos)
    if not scenes.footage():
        typer.echo('Only rendered clips: real footage comes with pip install "vbench-suite[demo]"', err=True)
    typer.echo(f"{len(made)} videos in {videos}")
    crew = Crew(profile("lite"), device.choose("auto"))
    plan = custom_plan(videos)
    for finding in check(plan):
        typer.echo(f"check: {finding.kind}: {finding.message}")
    outcome = run.evaluate(plan, crew, folder, progress_of(progress))
    print_card(write_results(folder, "results", plan), "lite")
    report = write_report([folder], output / "report.html")
    typer.echo(
        f"\nReport with a curve per video: {report}\n"
        f"Your own videos:    vbench evaluate YOUR_VIDEOS --profile lite\n"
        f"The real models:    vbench weights download, then vbench evaluate YOUR_VIDEOS"
    )
    raise typer.Exit(0 if outcome.scored else 3)
