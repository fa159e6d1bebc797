"""``vbench weights``: which checkpoints there are, and the ones that are missing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vbench.cli.card import print_json
from vbench.cli.plain_help import PlainHelp
from vbench.errors import CheckpointError, UsageError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from vbench.weights.cards import Checkpoint

weights = typer.Typer(
    help="Checkpoints: list, download, verify, path.",
    no_args_is_help=True,
    epilog="Examples: vbench weights list; vbench weights download -d motion_smoothness; vbench weights path amt_s",
)

Names = Annotated[list[str] | None, typer.Argument(help="Names as in `vbench weights list`.", show_default=False)]
Dimensions = Annotated[
    list[str] | None, typer.Option("--dimension", "-d", help="The checkpoints of this dimension.", show_default=False)
]


@weights.command("list", cls=PlainHelp)
def list_(json_output: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """Show every checkpoint: whether it is there, its licence, where it comes from.

    Examples:
      vbench weights list
    """
    from rich.console import Console
    from rich.table import Table

    from vbench.files.cache import cache_dir
    from vbench.weights.cards import all_checkpoints

    if json_output:
        print_json({"cache": str(cache_dir()), "checkpoints": [_row(entry) for entry in all_checkpoints().values()]})
        return
    found = {name: _found(name) for name in all_checkpoints()}
    table = Table("name", "what", "licence", "there", title=f"Cache: {cache_dir()}", title_justify="left")
    for name, entry in all_checkpoints().items():
        file = found[name]
        table.add_row(name, entry.title, entry.licence, f"{file.stat().st_size / 2**20:.1f} MiB" if file else "no")
    Console(highlight=False, markup=False).print(table)
    missing = sum(file is None for file in found.values())
    if missing:
        typer.echo(
            f"{missing} are missing. Get them all: vbench weights download   or some: vbench weights download NAME"
        )


@weights.command(cls=PlainHelp)
def download(
    names: Names = None,
    dimension: Dimensions = None,
    force: Annotated[bool, typer.Option(help="Fetch again what is there.")] = False,
) -> None:
    """Fetch checkpoints into the cache; an interrupted download continues.

    Examples:
      vbench weights download -d motion_smoothness
    """
    from rich.progress import DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from vbench.weights.download import download as fetch

    failed = []
    columns = (TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        for name in _chosen(names, dimension):
            task = bar.add_task(name, total=None)
            try:
                path = fetch(name, partial(_show, bar, task), force)
                bar.console.print(f"{name}: {path}", markup=False, highlight=False, soft_wrap=True)
            except CheckpointError as error:
                failed.append(name)
                bar.console.print(f"{name}: {error}", markup=False, highlight=False, soft_wrap=True)
    if failed:
        typer.echo(f"Not fetched: {', '.join(failed)}", err=True)
        raise typer.Exit(1)


@weights.command(cls=PlainHelp)
def verify(names: Names = None, dimension: Dimensions = None) -> None:
    """Compare digests with the published ones, and read every file that has none as a run would.

    Exit status: 0 all are there and right, 1 otherwise.

    Examples:
      vbench weights verify
    """
    from vbench.weights import cards

    wrong = False
    for name in _chosen(names, dimension):
        try:
            verdict, good = _verdict(name, cards.locate(name))
        except CheckpointError as error:
            verdict, good = str(error), False
        wrong |= not good
        typer.echo(f"{name}: {verdict}")
    raise typer.Exit(1 if wrong else 0)


@weights.command(cls=PlainHelp)
def path(name: Annotated[str, typer.Argument(help="Name as in `vbench weights list`.")]) -> None:
    """Print where a checkpoint lies, or should lie. Exit status 1 if it is not there.

    Examples:
      vbench weights path amt_s
    """
    from vbench.weights.cards import candidates

    found = _found(name)
    typer.echo(found or candidates(name)[0])
    raise typer.Exit(0 if found else 1)


def _show(bar: Progress, task: TaskID, done: int, total: int | None) -> None:
    bar.update(task, completed=done, total=total)


def _found(name: str) -> Path | None:
    from vbench.weights.cards import candidates

    return next((place for place in candidates(name) if place.is_file()), None)


def _verdict(name: str, file: Path) -> tuple[str, bool]:
    from vbench.files.digest import digest
    from vbench.weights import cards, load

    sha256 = digest(file)
    published = cards.is_published(name, sha256)
    if published is False:
        return (
            f"{file} is not the published file: sha256 {sha256}, expected {cards.checkpoint(name).sha256}",
            False,
        )
    if published:
        return f"{file} is the published file", True
    tensors = len(load.state_dict(name)) if cards.checkpoint(name).is_weights else 0
    return f"{file} reads ({tensors} tensors); no digest is published to compare with (sha256 {sha256})", True


def _chosen(names: list[str] | None, dimensions: list[str] | None) -> list[str]:
    from vbench.weights.cards import all_checkpoints, checkpoint

    if not names and not dimensions:
        return list(all_checkpoints())
    chosen = {checkpoint(name).name for name in names or ()}
    if dimensions:
        import torch

        from vbench.dimensions.profiles import profile
        from vbench.runs.evaluators import Evaluators

        evaluators = Evaluators(profile("official"), torch.device("cpu"))
        chosen |= {file for dimension in dimensions for file in evaluators.checkpoints(dimension)}
        if not chosen:
            raise UsageError(f"{', '.join(dimensions)}: no checkpoint is needed.")
    return [name for name in all_checkpoints() if name in chosen]


def _row(entry: Checkpoint) -> dict[str, object]:
    from vbench.weights.cards import candidates

    found = _found(entry.name)
    return {
        "name": entry.name,
        "title": entry.title,
        "licence": entry.licence,
        "url": entry.url,
        "path": str(found or candidates(entry.name)[0]),
        "bytes": found.stat().st_size if found else None,
    }
