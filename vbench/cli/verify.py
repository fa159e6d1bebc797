"""``vbench verify``: score a random part of a run again."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from vbench.cli.card import print_json
from vbench.cli.located import path_or_address
from vbench.errors import UsageError


def verify(
    run: Annotated[Path, typer.Argument(help="Folder of the run.", show_default=False)],
    videos: Annotated[
        Path,
        typer.Argument(
            parser=path_or_address,
            help="Folder of its videos, or its address.",
            show_default=False,
        ),
    ],
    fraction: Annotated[float, typer.Option(min=0.0, max=1.0, help="Part of the scores to make again.")] = 0.05,
    seed: Annotated[int, typer.Option(help="Of the random choice.")] = 0,
    tolerance: Annotated[float, typer.Option(min=0.0, help="Difference up to which a score holds.")] = 1e-6,
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of the pictures that videos start from, where it is another one by now."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, mps")] = "auto",
    memory: Annotated[int, typer.Option(min=0, help="MiB of decoded frames to keep per video.")] = 512,
    json_output: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Score a random part again and say whether the stored scores hold.

    Exit status: 0 they hold, 1 some do not, 2 wrong call.

    Examples:
      vbench verify runs/mine videos/mine --fraction 0.1
    """
    from vbench import device as devices
    from vbench.files.place import told_of_fetching
    from vbench.files.remote import located
    from vbench.runs import verify as verification
    from vbench.runs.plan import Cutting
    from vbench.runs.record import read_record
    from vbench.runs.results import measured_rows

    record = read_record(run)
    videos = located(videos)
    if not videos.exists():
        raise UsageError(f"{videos} does not exist: name the folder of the run's videos.")
    if images and not images.is_dir():
        raise UsageError(f"{images} is not a folder of pictures: name the one of the run's with --images.")
    evaluators = verification.judges_of(record, devices.choose(device))
    cutting = Cutting.recorded(record.cutting) if record.cutting else None
    rows = verification.drawn(measured_rows(run), fraction, seed)
    with told_of_fetching(partial(typer.echo, err=True)):
        verdicts = list(verification.verify(rows, videos, evaluators, memory * 2**20, tolerance, cutting, images))
    findings = [verdict for verdict in verdicts if verdict.verdict != verification.HELD]
    if json_output:
        listed = [
            {"video": found.row.video, "dimension": found.row.dimension, "verdict": found.verdict,
             "stored": found.row.value, "now": found.value, "reason": found.reason}
            for found in findings
        ]  # fmt: skip
        print_json({"scored_again": len(verdicts), "held": len(verdicts) - len(findings), "findings": listed})
    else:
        for found in findings:
            now = "-" if found.value is None else f"{found.value:.6f}"
            line = (
                f"{found.row.video}: {found.row.dimension}: {found.verdict} (stored {found.row.value:.6f}, now {now})"
            )
            typer.echo(f"{line} {found.reason}".rstrip())
        typer.echo(f"{len(verdicts) - len(findings)} of {len(verdicts)} scores hold.")
    raise typer.Exit(int(bool(findings)))
