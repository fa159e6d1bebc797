"""``vbench explain``: why a video has the score it has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def explain(
    run: Annotated[Path, typer.Argument(help="Folder of the run.", show_default=False)],
    video: Annotated[str, typer.Argument(help="The video, as the run names it.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the page; by default explained/VIDEO in the run.")
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Show faces and unsafe frames as they are; by default they are blurred.")
    ] = False,
    all_pairs: Annotated[
        bool,
        typer.Option(
            "--all-pairs",
            help="Compute the motion of the pairs of frames that the run left out, as they could change no verdict.",
        ),
    ] = False,
    device: Annotated[str, typer.Option(help="For --all-pairs: auto, cpu, cuda, mps")] = "auto",
) -> None:
    """Write a page that plays the video with its curves beneath, and shows frames with boxes, labels and captions.

    Everything shown was stored when the video was scored; only --all-pairs loads a model.

    Examples:
      vbench explain runs/mine "a cat-0.mp4"
      vbench explain runs/mine "a cat-0.mp4" --all-pairs
    """
    from vbench import device as devices
    from vbench.reports.explain import explain as write

    target = output or run / "explained" / Path(video).stem
    typer.echo(write(run, video, target, clear, devices.choose(device) if all_pairs else None))
