"""``vbench leaderboard edit-card`` and ``vbench edit-card``: another model card in the place of a submission's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vbench.cli.board_admin import Database, open_board

Number = Annotated[int, typer.Argument(metavar="ID", help="Number of the submission.", show_default=False)]

Card = Annotated[Path, typer.Option("--card", help="JSON file with the whole new card.", show_default=False)]


def edit_card_here(number: Number, card: Card, database: Database = None) -> None:
    """Replace a submission's model card; name and version stay, and every earlier card can be read on.

    Examples:
      vbench leaderboard edit-card 12 --card card.json
    """
    from vbench.cli.submit import written_card
    from vbench.leaderboard.submissions.model_card import read_card

    board = open_board(database)
    version = board.edit_card(number, read_card(written_card(card)), local=True)
    board.close()
    typer.echo(f"submission {number} has version {version} of its card")


def edit_card(
    number: Number,
    card: Card,
    to: Annotated[str, typer.Option("--to", metavar="URL", help="Address of the board.", show_default=False)],
    token: Annotated[
        str, typer.Option(envvar="VBENCH_BOARD_TOKEN", help="Of an account or a receipt.", show_default=False)
    ] = "",
) -> None:
    """Replace the model card of a submission; one that was sent from here needs no token while it waits.

    Name and version stay: the result of a version is final. Every earlier card can be read on. The board holds the card
    against the archive, and says what does not fit.

    Examples:
      vbench edit-card 12 --card card.json --to https://board.example.org
    """
    from vbench.cli.submit import written_card
    from vbench.leaderboard import client
    from vbench.leaderboard.receipts import token_of

    answer = client.edit_card(to, number, written_card(card), token or token_of(to, number))
    typer.echo(f"submission {number} has version {answer['version']} of its card")
