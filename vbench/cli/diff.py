"""``vbench diff``: why two runs differ."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from vbench.cli.card import print_json


def diff(
    first: Annotated[Path, typer.Argument(help="Folder of a run.", show_default=False)],
    second: Annotated[Path, typer.Argument(help="Folder of another run.", show_default=False)],
    most: Annotated[int, typer.Option(min=0, help="Prompts to list whose scores moved most.")] = 5,
    json_output: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List everything in which two runs differ, most likely cause first, and the prompts that moved most.

    Exit status: 0 nothing differs, 1 something does, 2 wrong call.

    Examples:
      vbench diff runs/monday runs/tuesday
      vbench diff runs/monday runs/tuesday --json
    """
    from rich.console import Console
    from rich.table import Table

    from vbench.analysis.run_diff import differences, moved

    found, moves = differences(first, second), moved(first, second, most)
    if json_output:
        moves_json = [{**asdict(move), "change": move.change} for move in moves]
        print_json({"differences": [asdict(difference) for difference in found], "moved": moves_json})
        raise typer.Exit(int(bool(found or moves)))
    console = Console(highlight=False, markup=False)
    if found:
        table = Table(
            "what", str(first), str(second), title="Differences, most likely cause first", title_justify="left"
        )
        for difference in found:
            table.add_row(difference.what, difference.first, difference.second)
        console.print(table)
    if moves:
        table = Table("prompt", "dimension", title="Prompts that moved most", title_justify="left")
        for heading in ("first", "second", "change"):
            table.add_column(heading, justify="right")
        for move in moves:
            table.add_row(move.prompt, move.dimension, f"{move.first:.4f}", f"{move.second:.4f}", f"{move.change:+.4f}")
        console.print(table)
    if not found and not moves:
        console.print("The runs do not differ.")
    raise typer.Exit(int(bool(found or moves)))
