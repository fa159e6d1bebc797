"""``vbench leaderboard``: serve a board, and look after its database."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vbench.cli.board_admin import account, certify, open_board, queue, votes
from vbench.cli.board_backup import backup, restore
from vbench.cli.board_cards import edit_card_here
from vbench.cli.board_jobs import jobs, worker
from vbench.cli.card import print_json, print_json_list
from vbench.cli.plain_help import PlainHelp
from vbench.cli.progress import ProgressStyle, progress_of
from vbench.errors import UsageError

leaderboard = typer.Typer(help="Serve a leaderboard, and look after its database.")
leaderboard.command(cls=PlainHelp)(queue)
leaderboard.command(cls=PlainHelp)(certify)
leaderboard.command(cls=PlainHelp)(backup)
leaderboard.command(cls=PlainHelp)(restore)
leaderboard.command(cls=PlainHelp)(worker)
leaderboard.command("edit-card", cls=PlainHelp)(edit_card_here)
leaderboard.add_typer(jobs, name="jobs")
leaderboard.add_typer(account, name="account")
leaderboard.add_typer(votes, name="votes")

Database = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="sqlite:///FILE or postgresql://...; by default VBENCH_BOARD_DATABASE, or board.sqlite here.",
        show_default=False,
    ),
]
Number = Annotated[
    int, typer.Argument(metavar="ID", min=1, max=2**31 - 1, help="Number of the submission.", show_default=False)
]


class Format(StrEnum):
    """How a board is written to a file."""

    json = "json"
    csv = "csv"


@leaderboard.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    database: Database = None,
) -> None:
    """Serve a board. Tokens and limits are settings: VBENCH_BOARD_ADMIN_TOKENS, VBENCH_BOARD_UPLOAD_BYTES, ...

    Examples:
      vbench leaderboard
      VBENCH_BOARD_ADMIN_TOKENS=$(openssl rand -hex 16) vbench leaderboard --port 8000
    """
    if context.invoked_subcommand:
        return
    from vbench.leaderboard.settings import from_environment
    from vbench.leaderboard.web.serve import serve as serve_board

    settings = from_environment(database=database)
    refuse_taken(host, port)
    typer.echo(f"The board is at http://{host}:{port}", err=True)
    serve_board(settings, host, port)


def refuse_taken(host: str, port: int) -> None:
    """Say at once that somebody else listens there.

    Raises:
        UsageError: somebody does.
    """
    import socket

    try:
        socket.create_connection(("127.0.0.1" if host == "0.0.0.0" else host, port), timeout=5).close()
    except OSError:
        return
    raise UsageError(f"Something is listening on port {port} already: choose another with --port.")


@leaderboard.command("list", cls=PlainHelp)
def list_submissions(
    database: Database = None, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """List all submissions, whatever their state.

    Examples:
      vbench leaderboard list --json
    """
    found = open_board(database).submitted(everything=True, by_category=as_json)
    if as_json:
        print_json_list(entry.plain() for entry in found)
        return
    for entry in found:
        total = entry.value("total")
        shown = "-" if total is None else f"{100 * total:.2f}"
        typer.echo(
            f"{entry.id:>6}  {entry.state:9}  {entry.kind:6}  {shown:>6}  {entry.card.name} {entry.card.version}"
        )


@leaderboard.command(cls=PlainHelp)
def publish(number: Number, database: Database = None) -> None:
    """Show a pending submission on the board.

    Examples:
      vbench leaderboard publish 12
    """
    open_board(database).publish(number, local=True)
    typer.echo(f"submission {number} is published")


@leaderboard.command(cls=PlainHelp)
def withdraw(number: Number, database: Database = None) -> None:
    """Take a submission off the board.

    Examples:
      vbench leaderboard withdraw 12
    """
    open_board(database).withdraw(number, local=True)
    typer.echo(f"submission {number} is withdrawn")


@leaderboard.command(cls=PlainHelp)
def add(
    archive: Annotated[Path, typer.Argument(help="A zip that vbench submit made.", show_default=False)],
    instead_of: Annotated[
        int | None,
        typer.Option(
            metavar="ID",
            min=1,
            max=2**31 - 1,
            help="Number of a submission that it replaces, such as an older evaluation of the same videos.",
            show_default=False,
        ),
    ] = None,
    database: Database = None,
) -> None:
    """Check an archive and publish it.

    Examples:
      vbench leaderboard add my-model.zip
      vbench leaderboard add evaluated-anew.zip --instead-of 12
    """
    from vbench.errors import Refused
    from vbench.leaderboard.errors import Duplicate

    try:
        content = archive.read_bytes()
    except OSError as error:
        raise UsageError(f"{archive} cannot be read: {error.strerror}") from error
    try:
        receipt = open_board(database).submit(content, local=True, instead_of=instead_of)
    except Duplicate as error:
        if instead_of:
            raise
        hint = "If it was evaluated anew, --instead-of ID puts it in the place of the submission of that number."
        raise Refused([*error.reasons, hint]) from error
    typer.echo(f"submission {receipt.id} is {receipt.state}")


@leaderboard.command(cls=PlainHelp)
def export(
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.json, database: Database = None
) -> None:
    """Print the board as JSON or CSV.

    Examples:
      vbench leaderboard export --format csv > board.csv
    """
    from vbench.leaderboard.views.export import as_csv, as_json

    write = {Format.json: as_json, Format.csv: as_csv}[form]
    typer.echo(write(open_board(database).snapshot().entries), nl=False)


@leaderboard.command("export-dataset", cls=PlainHelp)
def export_dataset(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="New, or exported to before.", show_default=False)],
    database: Database = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write the whole board as the folder of a Hugging Face data set: Parquet, a card, the list of its versions.

    Examples:
      vbench leaderboard export-dataset board-dataset
    """
    from dataclasses import asdict

    from vbench.leaderboard.views import dataset

    board = open_board(database)
    made = dataset.export_dataset(board, folder)
    board.close()
    if as_json:
        print_json({"folder": str(folder), **asdict(made)})
        return
    rows = ", ".join(f"{count:,} of {name}" for name, count in made.rows.items())
    typer.echo(f"{folder}: version {made.version}; rows: {rows}")


@leaderboard.command(cls=PlainHelp)
def rebuild(
    database: Database = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what this version's rules have scored already.")
    ] = False,
    progress: Annotated[ProgressStyle, typer.Option(help="How to show progress.")] = ProgressStyle.auto,
) -> None:
    """Score anew, from the stored archives, what an older version's rules scored; an update needs it.

    Until then these submissions stand apart from the ranking. The same command continues what was interrupted.

    Exit status: 0 all done, 1 some archives would be refused today; they keep their scores, and stand apart.

    Examples:
      vbench leaderboard rebuild
      vbench leaderboard rebuild --all
    """
    board, bar, refused = open_board(database), progress_of(progress), 0
    numbers = board.scored(outdated=not everything)
    bar.start(len(numbers), 0, "submissions")
    try:
        for number, reasons in board.rebuild(numbers):
            refused += bool(reasons)
            bar.unit(f"submission {number}", f"submission {number}: {' '.join(reasons)}" if reasons else "")
    finally:
        bar.finish()
    typer.echo(f"Scored anew: {len(numbers) - refused}. Refused by the rules of this version: {refused}.")
    raise typer.Exit(int(bool(refused)))
