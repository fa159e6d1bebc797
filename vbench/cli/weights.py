"""``vbench weights``: which checkpoints there are, and the ones that are missing."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench.cli.card import print_json
from vbench.cli.plain_help import PlainHelp
from vbench.errors import CheckpointError, UsageError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from vbench.weights.card import Checkpoint

SHA256 = 64
"""Characters of a digest."""

weights = typer.Typer(
    help="Checkpoints of backbones and generators: list, download, verify, path.",
    no_args_is_help=True,
    epilog="Examples: vbench weights list; vbench weights download -d motion_smoothness; "
    "vbench weights download -m lavie+interpolation; vbench weights path amt_s",
)

Names = Annotated[list[str] | None, typer.Argument(help="Names as in `vbench weights list`.", show_default=False)]
Dimensions = Annotated[
    list[str] | None, typer.Option("--dimension", "-d", help="The checkpoints of this dimension.", show_default=False)
]
Models = Annotated[
    list[str] | None,
    typer.Option("--model", "-m", help="The checkpoints of this generator, with +enhancers.", show_default=False),
]


@weights.command("list", cls=PlainHelp)
def list_(
    names: Names = None,
    dimension: Dimensions = None,
    model: Models = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show every checkpoint: whether it is there, its size and licence, where it comes from.

    Examples:
      vbench weights list
      vbench weights list -m lavie+interpolation
    """
    from vbench.files.cache import cache_dir
    from vbench.weights.cards import all_checkpoints

    chosen = _chosen(names, dimension, model, everything=list(all_checkpoints()))
    rows = [_row(all_checkpoints()[name]) for name in chosen]
    if json_output:
        print_json({"cache": str(cache_dir()), "checkpoints": rows})
        return
    typer.echo(f"Cache: {cache_dir()}")
    for row in rows:
        size = _size(row["bytes"] or row["published_bytes"]) or _size_of_tensors(row["name"]) or "size not stated"
        there = "there" if row["there"] else "missing"
        typer.echo(f"\n{row['name']}\n  {', '.join(text for text in (there, size, row['licence']) if text)}")
        typer.echo(f"  {row['title']}{'' if row['pinned'] else '; revision not pinned'}\n  {row['address']}")
        if row["note"]:
            typer.echo(f"  {row['note']}")
    missing = sum(not row["there"] for row in rows)
    if missing:
        typer.echo(
            f"\n{missing} are missing. Get some: vbench weights download NAME, -d DIMENSION or -m MODEL; those of all "
            "dimensions: vbench weights download"
        )


@weights.command(cls=PlainHelp)
def download(
    names: Names = None,
    dimension: Dimensions = None,
    model: Models = None,
    force: Annotated[bool, typer.Option(help="Fetch again what is there.")] = False,
) -> None:
    """Fetch checkpoints into the cache, those of all dimensions by default; an interrupted download continues.

    A file whose licence is not for everybody (NudeNet's AGPL-3.0) is fetched only where it or its dimension is named.

    Examples:
      vbench weights download -d motion_smoothness
      vbench weights download -m lavie+interpolation
    """
    from rich.progress import DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from vbench.weights.download import download as fetch

    failed = []
    columns = (TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        for name in _chosen(names, dimension, model):
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
def verify(names: Names = None, dimension: Dimensions = None, model: Models = None) -> None:
    """Compare digests with the published ones; read a file that has none as a run would, and pin its digest.

    Without names: the files of all dimensions. Exit status: 0 all are there and right, 1 otherwise.

    Examples:
      vbench weights verify
      vbench weights verify -m seine
    """
    from vbench.weights import cards

    wrong = False
    for name in _chosen(names, dimension, model):
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
    from vbench.weights.cards import find

    return find(name)


def _verdict(name: str, place: Path) -> tuple[str, bool]:
    from vbench.files.cache import cache_dir
    from vbench.files.digest import digest, forget
    from vbench.weights import cards, load
    from vbench.weights.pin import pin

    forget(place)
    if place.is_dir():
        return _verdict_of_folder(place)
    sha256 = digest(place)
    published = cards.is_published_file(name, place)
    if published is False:
        return f"{place} is not the published file: {_expected(name, place)}", False
    if published:
        return f"{place} is the published file", True
    tensors = len(load.state_dict(name)) if cards.checkpoint(name).is_weights else 0
    if place.is_relative_to(cache_dir()):
        with suppress(OSError):  # a cache that cannot be written is somebody else's to look after
            pin(place, sha256)
    return f"{place} reads ({tensors} tensors); no digest is published to compare with (sha256 {sha256})", True


def _expected(name: str, place: Path) -> str:
    """What a file is called by its digest, and what it should be."""
    from vbench.files.digest import digest, git_blob
    from vbench.weights.cards import checkpoint

    card = checkpoint(name)
    if card.git_blobs:
        return f"git blob {git_blob(place)}, expected {' or '.join(card.git_blobs)}"
    return f"sha256 {digest(place)}, expected {card.sha256}"


def _verdict_of_folder(place: Path) -> tuple[str, bool]:
    """The hub names what it keeps by its digest; other folders are read."""
    from vbench.files.digest import digest, forget
    from vbench.weights.safetensors_files import SUFFIX, header

    compared, tensors = 0, 0
    for path in sorted(place.rglob(f"*{SUFFIX}")):
        stored = path.resolve()
        if len(stored.name) == SHA256 and stored.parent.name == "blobs":
            forget(stored)
            if digest(stored) != stored.name:
                return f"{path} is not what the hub gave: its digest is not its name", False
            compared += 1
        tensors += len(header(path))
    files = f"{compared} files by the hub's digests" if compared else "no digest is there to compare with"
    return f"{place} reads ({tensors} tensors); {files}", True


def _chosen(
    names: list[str] | None,
    dimensions: list[str] | None,
    models: list[str] | None,
    everything: list[str] | None = None,
) -> list[str]:
    """Checkpoints by name, dimension and model; those of backbones where none is given."""
    from vbench.weights.cards import all_checkpoints, checkpoint, of_backbones

    if not names and not dimensions and not models:
        return everything or [name for name in of_backbones() if not checkpoint(name).on_request]
    chosen = {checkpoint(name).name for name in names or ()}
    if dimensions:
        import torch

        from vbench.benchmarks.registry import benchmark_with
        from vbench.dimensions.profiles import profile
        from vbench.runs.evaluators import Evaluators

        evaluators = Evaluators(profile("official"), torch.device("cpu"), benchmark=benchmark_with(dimensions))
        chosen |= {file for dimension in dimensions for file in evaluators.checkpoints(dimension)}
    if models:
        from vbench.generators.catalog import build

        chosen |= {name for model in models for name in build(model).checkpoints}
    if not chosen:
        raise UsageError(f"{', '.join([*(dimensions or ()), *(models or ())])}: no checkpoint is needed.")
    return [name for name in all_checkpoints() if name in chosen]


def _row(card: Checkpoint) -> dict[str, Any]:
    from vbench.weights.cards import candidates

    found = _found(card.name)
    return {
        "name": card.name,
        "title": card.title,
        "licence": card.licence,
        "address": card.address,
        "paper": card.paper,
        "pinned": card.is_pinned,
        "published_bytes": card.size or None,
        "there": found is not None,
        "path": str(found or candidates(card.name)[0]),
        "bytes": _bytes(found) if found else None,
        "note": card.note,
    }


def _bytes(place: Path) -> int:
    files = place.rglob("*") if place.is_dir() else [place]
    return sum(path.stat().st_size for path in files if path.is_file())


def _size_of_tensors(name: str) -> str:
    """How much a file takes whose publisher states no size, from the tensors that it must hold; ``""`` if unknown."""
    from vbench.weights.shape_lists import values_of

    size = _size(4 * values_of(name))
    return f"about {size} in 32 bits" if size else ""


def _size(count: int | None) -> str:
    return f"{count / 2**20:.1f} MiB" if count else ""
