"""``vbench merge``: one run out of shards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vbench.cli.card import card_json, print_card, print_json


def merge(
    runs: Annotated[list[Path], typer.Argument(help="Folders of the shards' runs.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the new run.", show_default=False)],
    json_output: Annotated[bool, typer.Option("--json", help="Print the score card as JSON.")] = False,
) -> None:
    """Put the runs of vbench evaluate --shard together into one, equal to the run that one machine makes.

    Shards of another suite, benchmark, profile, precision, checkpoint, version or set of videos are refused, and so is
    one that is given twice. Where a shard is missing, the run is not whole; the same vbench evaluate without --shard
    and with -o FOLDER scores what is left.

    Exit status: 0 the run is whole, 1 it is not, 2 wrong call.

    Examples:
      vbench merge runs/mine-shard-* -o runs/mine
      vbench merge runs/mine-shard-* -o runs/mine --json
    """
    from vbench.analysis.statistics import intervals
    from vbench.runs.merge import merge as merged
    from vbench.runs.run import open_run

    made = merged(runs, output)
    run = open_run(made.folder)
    for shards, what in ((made.missing, "missing"), (made.unfinished, "not finished")):
        if shards:
            typer.echo(f"{what}: shard{'s' * (len(shards) > 1)} {', '.join(shards)}: the run is not whole", err=True)
    card, widths = run.card, intervals(run.rows(), benchmark=run.card.benchmark)
    if json_output:
        lacking = {"missing_shards": list(made.missing), "unfinished_shards": list(made.unfinished)}
        said = card_json(card, run.record.profile, options=run.record.options, widths=widths)
        print_json({"run": str(run.folder), **lacking, **said})
    else:
        print_card(card, run.record.profile, False, run.record.options, widths)
        typer.echo(f"Run: {run.folder}\nRead it again: vbench score {run.folder}")
    raise typer.Exit(0 if run.is_whole else 1)
