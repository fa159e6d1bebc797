"""``vbench gate``: does a model pass the accuracy gate of a benchmark?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench.cli.card import print_json
from vbench.cli.progress import ProgressStyle, progress_of
from vbench.errors import UsageError

if TYPE_CHECKING:
    from vbench.analysis.accuracy_gate import Passed
    from vbench.runs.run import Run

CLOSE = 0.95
"""Share of draws below which a pass is called close."""


def gate(
    benchmark: Annotated[str, typer.Argument(help="Whose gate, such as mlperf-wan22.", show_default=False)],
    videos: Annotated[Path, typer.Argument(help="The folder of the videos, or of a run of them.", show_default=False)],
    numbered: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE",
            help='The videos have numbers for names; lines "prompt-0.mp4, 17.mp4" say of which prompts they are.',
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the run; the default is named after the videos."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps")] = "auto",
    workers: Annotated[int, typer.Option(min=1, help="Processes; with several GPUs each takes one.")] = 1,
    json_output: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    progress: Annotated[
        ProgressStyle, typer.Option(help="How to show progress, on standard error.")
    ] = ProgressStyle.auto,
) -> None:
    """Score a model's videos and hold them against a benchmark's threshold.

    A run that is not whole fails: samples that were dropped often raise a score. The line with vbench_score is what
    MLPerf's submission checker looks for in the accuracy log.

    Exit status: 0 it passes, 1 it does not, 2 wrong call, 3 nothing could be scored.

    Examples:
      vbench gate mlperf-wan22 videos/wan22
      vbench gate mlperf-wan22 videos/compliance --numbered names.txt
      vbench gate mlperf-wan22 vbench-runs/wan22-mlperf-wan22-official --json
    """
    from vbench import interface
    from vbench.analysis.accuracy_gate import at_gate, gate_named
    from vbench.runs.plan import default_output
    from vbench.runs.record import RECORD
    from vbench.runs.run import open_run
    from vbench.sampling.numbered import linked_by_prompt

    rules = gate_named(benchmark)
    if (videos / RECORD).exists():
        run = open_run(videos)
        if run.record.benchmark != benchmark:
            raise UsageError(
                f"{videos} is a run of {run.record.benchmark}. Name the videos: vbench gate {benchmark} VIDEOS"
            )
    else:
        folder = output or default_output(videos, "official", rules)
        named = linked_by_prompt(videos, numbered, folder.with_name(f"{folder.name}-videos")) if numbered else videos
        run = interface.evaluate(
            named, benchmark=benchmark, output=folder, device=device, workers=workers, progress=progress_of(progress)
        )
    passed = at_gate(run)
    if json_output:
        print_json(_plain(passed, run))
    else:
        _print(passed, run)
    raise typer.Exit(int(not passed.passes))


def _plain(passed: Passed, run: Run) -> dict[str, Any]:
    """In points, as the gate counts."""
    score, found = passed.score, passed.interval
    return {
        "run": str(run.folder),
        "benchmark": run.record.benchmark,
        "passes": passed.passes,
        "vbench_score": None if score is None else 100 * score,
        "interval": None if found is None else [100 * found.low, 100 * found.high],
        "threshold": 100 * passed.threshold,
        "distance": None if passed.distance is None else 100 * passed.distance,
        "draws_that_pass": passed.again,
        "faults": list(passed.faults),
        "dimensions": run.card.scores,
    }


def _print(passed: Passed, run: Run) -> None:
    score, found, threshold = passed.score, passed.interval, 100 * passed.threshold
    for name, of_dimension in run.card.scores.items():
        typer.echo(f"{name:24}{100 * of_dimension:8.2f}")
    if score is None:
        typer.echo(f"No score: the gate at {threshold:.4f} needs every dimension.")
    else:
        between = f"  {100 * found.low:.2f} to {100 * found.high:.2f} (95 %)" if found else ""
        typer.echo(f"{'score':24}{100 * score:8.2f}{between}")
        typer.echo(f"{'threshold':24}{threshold:8.2f}  {100 * (passed.distance or 0.0):+.2f} from it")
    if passed.again is not None:
        close = "" if passed.again >= CLOSE or not passed.passes else ": a close call"
        typer.echo(f"{'with other prompts':24}{passed.again:8.1%}  of draws would pass{close}")
    for fault in passed.faults:
        typer.echo(f"fails: {fault}")
    typer.echo("PASSES" if passed.passes else "DOES NOT PASS")
    if score is not None and not passed.faults:
        typer.echo(f"{{'vbench_score': {100 * score:.4f}}}")
