"""``vbench leaderboard queue``, ``certify``, ``account`` and ``votes``: what whoever runs a board decides."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from vbench.cli.card import print_json
from vbench.cli.plain_help import PlainHelp
from vbench.errors import UsageError

if TYPE_CHECKING:
    from vbench.leaderboard.ballot_box import Cast
    from vbench.leaderboard.board import Board

Database = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="sqlite:///FILE or postgresql://...; by default VBENCH_BOARD_DATABASE, or board.sqlite here.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

account = typer.Typer(help="Accounts: organisations that submit under their name.", no_args_is_help=True)
votes = typer.Typer(help="Votes of the arena: look at them, and take them out of the count.", no_args_is_help=True)


class Mark(StrEnum):
    """What an admin may say of who sampled and evaluated."""

    gold = "gold"
    silver = "silver"
    none = "none"


def queue(database: Database = None, as_json: AsJson = False) -> None:
    """List what waits to be published, with what looks strange about each.

    Examples:
      vbench leaderboard queue --database sqlite:///board.sqlite
    """
    waiting = open_board(database).queue(local=True)
    if as_json:
        print_json([{"account": one.account, "flags": list(one.flags), "row": one.entry.plain()} for one in waiting])
        return
    for one in waiting:
        who = one.account or "an unknown sender"
        typer.echo(f"{one.entry.id:>6}  {one.entry.card.name} {one.entry.card.version}, by {who}")
        for flag in one.flags:
            typer.echo(f"        {flag}")


def certify(
    number: Annotated[int, typer.Argument(metavar="ID", help="Number of the submission.", show_default=False)],
    mark: Annotated[Mark, typer.Argument(help="The team sampled and evaluated; did one of both; neither.")],
    database: Database = None,
) -> None:
    """Mark a submission, after asking the benchmark's team; no card does.

    Examples:
      vbench leaderboard certify 7 gold
    """
    open_board(database).certify(number, "" if mark is Mark.none else mark.value, local=True)
    typer.echo(f"submission {number} is marked {mark.value}")


@account.command(cls=PlainHelp)
def issue(
    name: Annotated[str, typer.Argument(help="Name of the organisation.", show_default=False)],
    database: Database = None,
) -> None:
    """Open an account and print its token, once.

    Examples:
      vbench leaderboard account issue "Some Lab"
    """
    holder, token = open_board(database).accounts.issue(name)
    typer.echo(f"account {holder.id} of {holder.name}; its token, which is shown this once:", err=True)
    typer.echo(token)


@account.command("list", cls=PlainHelp)
def list_accounts(database: Database = None, as_json: AsJson = False) -> None:
    """List all accounts.

    Examples:
      vbench leaderboard account list
    """
    holders = open_board(database).accounts.all()
    if as_json:
        print_json([vars(holder) for holder in holders])
        return
    for holder in holders:
        state = f"revoked {holder.revoked[:10]}" if holder.revoked else f"issued {holder.issued[:10]}"
        typer.echo(f"{holder.id:>6}  {state:18}  {holder.name}")


@account.command(cls=PlainHelp)
def revoke(
    number: Annotated[int, typer.Argument(metavar="ID", help="Number of the account.", show_default=False)],
    database: Database = None,
) -> None:
    """Make an account's token useless; what it submitted stays.

    Examples:
      vbench leaderboard account revoke 1
    """
    typer.echo(f"account {number} of {open_board(database).accounts.revoke(number).name} is revoked")


@votes.command("list", cls=PlainHelp)
def list_votes(
    voter: Annotated[str, typer.Option(help="First characters of a voter; all by default.")] = "",
    suspect: Annotated[bool, typer.Option(help="Only voters who stand out, with the reasons.")] = False,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """List the arena's votes by voter.

    Examples:
      vbench leaderboard votes list --suspect
    """
    from vbench.leaderboard.standings import outliers

    cast = open_board(database).ballot_box.cast()
    told = suspect or not as_json
    reasons = outliers([vote for vote in cast if not vote.removed], voter) if told else {}
    shown = [vote for vote in cast if vote.voter.startswith(voter) and (not suspect or vote.voter in reasons)]
    if as_json:
        print_json([{**vars(vote), "judgement": vars(vote.judgement)} for vote in shown])
        return
    by_voter: dict[str, list[Cast]] = {}
    for vote in shown:
        by_voter.setdefault(vote.voter, []).append(vote)
    for name, theirs in by_voter.items():
        typer.echo(f"{name[:16]}  {len(theirs)} votes{''.join(f'; {reason}' for reason in reasons.get(name, ()))}")
        if voter:
            for vote in theirs:
                said, state = vote.judgement, "removed" if vote.removed else "counts" if vote.counts else "replaced"
                typer.echo(f"  {vote.id:>6}  {vote.at}  {said.first} against {said.second}: {said.outcome}  {state}")


@votes.command(cls=PlainHelp)
def remove(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="ID...", help="Votes.", show_default=False)] = None,
    voter: Annotated[str, typer.Option(help="All votes of a voter: its first 8 characters or more.")] = "",
    database: Database = None,
) -> None:
    """Take votes out of the count; they stay in the records.

    Examples:
      vbench leaderboard votes remove --voter 3f9a1c22
    """
    if bool(numbers) == bool(voter) or (voter and len(voter) < 8):
        raise UsageError("Name votes by their numbers, or a voter by 8 characters or more.")
    board = open_board(database)
    chosen: Sequence[int] = numbers or [vote.id for vote in board.ballot_box.cast() if vote.voter.startswith(voter)]
    typer.echo(f"{board.remove_votes(chosen, local=True)} votes are removed")


def open_board(database: str | None) -> Board:
    """The board of a database, by default that of the settings."""
    from vbench.leaderboard.board import Board
    from vbench.leaderboard.settings import from_environment

    return Board(from_environment(database=database))
