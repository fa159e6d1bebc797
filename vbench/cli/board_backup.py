"""``vbench leaderboard backup`` and ``restore``: a board in one file, and back into a database."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from vbench.cli.board_admin import AsJson, Database, open_board
from vbench.cli.card import print_json


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.", show_default=False)],
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Write the whole board to one file, as it is now; the server may go on meanwhile.

    The file has what was received and what was made of it, with digests of tokens and no token: keep it where only you
    can read it.

    Examples:
      vbench leaderboard backup board-2026-11-26.zip
      vbench leaderboard backup board.zip --database postgresql://me@host/board
    """
    from vbench.leaderboard.db import backup as backups

    board = open_board(database)
    made = backups.backup(board.database, file)
    board.close()
    if as_json:
        print_json({"file": str(file), **asdict(made)})
        return
    typer.echo(f"{file}: {file.stat().st_size:,} bytes, {made.rows['submission']} submissions")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="That vbench leaderboard backup wrote.")],
    database: Database = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete what the database holds; without it, it must be empty.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup into a database, SQLite or PostgreSQL, whole or not at all.

    A server that runs answers no more until it is started again, as what it keeps is of the board before.

    Examples:
      vbench leaderboard restore board.zip --database sqlite:///board.sqlite
      vbench leaderboard restore board.zip --database postgresql://me@host/board
    """
    from vbench.leaderboard.db import backup as backups

    board = open_board(database)
    restored = backups.restore(file, board.database, replace)
    board.close()
    if as_json:
        print_json(asdict(restored))
        return
    typer.echo(f"{restored.rows['submission']} submissions are restored, as they were at {restored.made}")
