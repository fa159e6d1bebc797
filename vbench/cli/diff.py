"""``vbench diff``: why two runs differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vbench.cli.card import print_json

if TYPE_CHECKING:
    from vbench.analysis.run_diff import Moved


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
    from vbench.analysis.run_diff import differences, moved
    from vbench.cli.table import Column, print_table, prose

    found, moves = differences(first, second), moved(first, second, most)
    if json_output:
        moves_json = [{**asdict(move), "change": move.change} for move in moves]
        print_json({"differences": [asdict(difference) for difference in found], "moved": moves_json})
        raise typer.Exit(int(bool(found or moves)))
    if found:
        typer.echo(f"first: {first}\nsecond: {second}\n")
        rows = [(difference.what, difference.first, difference.second) for difference in found]
        columns = [Column("what"), prose("first"), prose("second")]
        print_table(columns, rows, "Differences, most likely cause first")
    if moves:
        typer.echo("")
        _print_moved(moves)
    if not found and not moves:
        typer.echo("The runs do not differ.")
    raise typer.Exit(int(bool(found or moves)))


def _print_moved(moves: Sequence[Moved]) -> None:
    """The table of prompts whose scores moved most."""
    from vbench.cli.table import Column, figures, print_table, prose

    columns = [prose("prompt"), Column("dimension"), *map(figures, ("first", "second", "change"))]
    rows = [
        (move.prompt, move.dimension, f"{move.first:.4f}", f"{move.second:.4f}", f"{move.change:+.4f}")
        for move in moves
    ]
    print_table(columns, rows, "Prompts that moved most")
