"""``vbench leaderboard worker`` and ``jobs``: videos that a board evaluates itself."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench.cli.board_admin import AsJson, Database, open_board
from vbench.cli.card import print_json
from vbench.cli.plain_help import PlainHelp
from vbench.errors import UsageError

if TYPE_CHECKING:
    from vbench.leaderboard.jobs import Job
    from vbench.progress import Progress

PAUSE = 5.0
"""Seconds between two looks at an empty queue."""

jobs = typer.Typer(help="Videos that the board evaluates itself: add them, look at them.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="ID", help="Number of the job.", show_default=False)]


def worker(
    queue: Annotated[bool, typer.Option("--queue", help="Take jobs from the board's queue.")] = False,
    once: Annotated[bool, typer.Option("--once", help="End when nothing waits.")] = False,
    work: Annotated[
        Path, typer.Option(help="Folder for what is unpacked and evaluated; a job that was cut off goes on there.")
    ] = Path("vbench-jobs"),
    name: Annotated[str, typer.Option("--as", help="Who evaluates, as the board will say.")] = "this board",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps")] = "auto",
    lease: Annotated[
        float, typer.Option(min=1, help="Seconds of silence after which a worker is taken for dead.")
    ] = 180.0,
    database: Database = None,
) -> None:
    """Evaluate the videos that wait in a board's queue, one job after the other, and publish the results.

    It may be killed at any time: whichever worker comes next goes on with its job. Run as many as there are GPUs.

    Exit status: 0 told to end, or nothing waits; 1 with --once, a job has failed.

    Examples:
      vbench leaderboard worker --queue
      vbench leaderboard worker --queue --database postgresql://me@host/board
    """
    import logging

    from vbench.leaderboard.errors import Unavailable
    from vbench.leaderboard.jobs import FAILED, Jobs
    from vbench.leaderboard.worker import Worker

    if not queue:
        raise UsageError("A worker takes its jobs from the board's queue: vbench leaderboard worker --queue")
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("vbench.board").setLevel(logging.INFO)
    board = open_board(database)
    work.mkdir(parents=True, exist_ok=True)

    def evaluate(videos: Path, run: Path, job: Job, progress: Progress) -> None:
        _evaluate(videos, run, job, progress, device)

    mine = Worker(board, Jobs(board.database, lease), work.resolve(), evaluate, name)
    failed = False
    while True:
        try:
            job = mine.one()
        except Unavailable as error:
            logging.getLogger("vbench.board.worker").error("%s", error)
            job = None
        failed = failed or (job is not None and job.state == FAILED)
        if job is None:
            if once:
                break
            time.sleep(PAUSE)
    board.close()
    raise typer.Exit(int(failed))


def _evaluate(videos: Path, run: Path, job: Job, progress: Progress, device: str) -> None:
    from vbench import interface

    given: dict[str, Any] = {
        name: job.options[name] for name in ("suite", "benchmark", "dimensions", "profile") if job.options.get(name)
    }
    interface.evaluate(videos, output=run, device=device, progress=progress, **given)


@jobs.command(cls=PlainHelp)
def add(
    source: Annotated[
        str, typer.Argument(metavar="VIDEOS", help="Folder, zip, or https address of a zip.", show_default=False)
    ],
    card: Annotated[Path | None, typer.Option(help="JSON file with the model card.", show_default=False)] = None,
    model_name: Annotated[str, typer.Option(help="Name of the model; comes before the card's.")] = "",
    model_version: Annotated[str, typer.Option(help="Its version.")] = "",
    organisation: Annotated[str, typer.Option(help="Who made it.")] = "",
    sampled_by: Annotated[str, typer.Option(help="Who sampled the videos; by default the organisation.")] = "",
    suite: Annotated[str, typer.Option(help="Prompt suite; by default the one that the board ranks.")] = "",
    benchmark: Annotated[str, typer.Option(help="As in vbench benchmarks.", show_default=False)] = "",
    dimension: Annotated[
        list[str] | None, typer.Option("--dimension", "-d", help="Only these.", show_default=False)
    ] = None,
    profile: Annotated[str, typer.Option(help="official, or lite.")] = "official",
    videos: Annotated[int, typer.Option(min=0, help="Sampled videos to show in the arena.")] = 8,
    partial: Annotated[bool, typer.Option(help="It is meant to be a part of a result; it is not ranked.")] = False,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Put videos into the board's queue. A folder or a zip must be where its workers can read it.

    Examples:
      vbench leaderboard jobs add /data/mine --model-name Mine --organisation Us
      vbench leaderboard jobs add https://example.org/my-model.zip --card card.json
    """
    from vbench.cli.submit import written_card
    from vbench.leaderboard.jobs import Jobs
    from vbench.leaderboard.submissions.model_card import read_card
    from vbench.leaderboard.video_archive import is_address

    if not is_address(source) and not Path(source).exists():
        raise UsageError(f"{source} is neither an address nor a folder or zip of this machine.")
    typed = {"name": model_name, "version": model_version, "organisation": organisation, "sampled_by": sampled_by}
    values = {**(written_card(card) if card else {}), **{name: value for name, value in typed.items() if value}}
    values.setdefault("sampled_by", values.get("organisation", ""))
    values["evaluated_by"] = "this board"  # until its worker says who it is
    board = open_board(database)
    options = {
        "suite": suite or ("" if benchmark else board.settings.suite), "benchmark": benchmark,
        "dimensions": dimension or [], "profile": profile, "videos": videos, "partial": partial,
    }  # fmt: skip
    where = source if is_address(source) else str(Path(source).resolve())
    job = Jobs(board.database).add(where, read_card(values), options)
    board.close()
    if as_json:
        print_json(job.public())
    else:
        typer.echo(f"job {job.id} is {job.state}")


@jobs.command("list", cls=PlainHelp)
def list_jobs(database: Database = None, as_json: AsJson = False) -> None:
    """List all jobs, the newest first.

    Examples:
      vbench leaderboard jobs list
    """
    from vbench.leaderboard.jobs import Jobs

    board = open_board(database)
    found = Jobs(board.database).all()
    board.close()
    if as_json:
        print_json([{**job.public(), "source": job.source, "tries": job.tries} for job in found])
        return
    for job in found:
        far = f"{job.done}/{job.total}" if job.total else ""
        typer.echo(f"{job.id:>6}  {job.state:9}  {far:>11}  {job.card.name} {job.card.version}")
        if job.reason:
            typer.echo(f"        {job.reason}")


@jobs.command(cls=PlainHelp)
def retry(number: Number, database: Database = None) -> None:
    """Put a job that failed or was cancelled into the queue again; what was evaluated is kept.

    Examples:
      vbench leaderboard jobs retry 3
    """
    from vbench.leaderboard.jobs import Jobs

    board = open_board(database)
    typer.echo(f"job {number} is {Jobs(board.database).retry(number).state}")
    board.close()


@jobs.command(cls=PlainHelp)
def cancel(number: Number, database: Database = None) -> None:
    """Take a job out of the queue; one that runs is left at its next score.

    Examples:
      vbench leaderboard jobs cancel 3
    """
    from vbench.leaderboard.jobs import Jobs

    board = open_board(database)
    typer.echo(f"job {number} is {Jobs(board.database).cancel(number).state}")
    board.close()
