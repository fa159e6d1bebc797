"""``vbench distance``: how far a set of generated videos is from a set of real ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vbench.cli.card import print_json
from vbench.cli.located import path_or_address
from vbench.cli.progress import ProgressStyle, progress_of
from vbench.errors import UsageError

if TYPE_CHECKING:
    from vbench.distances.distance import Bench
    from vbench.distances.metrics import Metric
    from vbench.distances.protocols import Protocol
    from vbench.distances.result import Change, Distance


def distance(
    real: Annotated[
        Path,
        typer.Argument(
            parser=path_or_address,
            help="Folder of the real videos, its address, or a reference file (.npz).",
            show_default=False,
        ),
    ],
    generated: Annotated[
        Path | None,
        typer.Argument(
            parser=path_or_address,
            help="Folder of the generated videos, or its address. An Inception Score needs no other.",
            show_default=False,
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            "-m",
            help="fvd, kvd, isv, gaussian-mmd, quadratic-mmd of windows; fid, kid, is of frames; repeatable. "
            "Default: fvd.",
            show_default=False,
        ),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            "--protocol",
            "-p",
            help="latte-fvd2048-16f, stylegan-v, cd-fvd, free, or lite, a proxy without downloads. Default: that of "
            "the reference file, else free.",
            show_default=False,
        ),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", help="NAME=VALUE of the protocol, such as stride_real=6; repeatable."),
    ] = None,
    draws: Annotated[int, typer.Option(min=0, help="Halves of the videos to draw for intervals; 0 for none.")] = 100,
    against: Annotated[
        Path | None,
        typer.Option(
            help="File of an earlier result to compare with; refused where anything differs.", show_default=False
        ),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(help="Write the real set as a reference file (.npz) that can be handed on.", show_default=False),
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(help="Folder of the stored features. Default: vbench-runs/features.", show_default=False),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that look at videos side by side.")] = 1,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps")] = "auto",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Also write the result to this .json file.", show_default=False),
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    progress: Annotated[
        ProgressStyle, typer.Option(help="How to show progress, on standard error.")
    ] = ProgressStyle.auto,
) -> None:
    """Say how far generated videos are from real ones: the figure, its protocol, and what it is worth.

    What a network says of a video is stored: an interrupted command continues, and a real set is looked at once.

    Exit status: 0 computed, 1 some videos could not be read, 2 wrong call or figures that cannot be compared, 3 no
    video to compare.

    Examples:
      vbench distance real/ generated/ -p latte-fvd2048-16f -o latte.json
      vbench distance real/ generated/ -p lite
      vbench distance real/ generated/ -m fid -m kid -s subsets=100
      vbench distance generated/ -m is
      vbench distance real/ -p cd-fvd --export sky.npz
      vbench distance sky.npz generated/ --against yesterday.json
    """
    from vbench import device as devices
    from vbench.distances.distance import FEATURES, Bench, comparison, measure, protocol_for
    from vbench.distances.metrics import metric_named
    from vbench.distances.protocols import read_settings
    from vbench.distances.result import compare, text_of
    from vbench.files import ours
    from vbench.files.remote import located
    from vbench.media.apart import one_process

    wanted = [metric_named(name) for name in metric or ["fvd"]]
    real, generated = located(real), generated and located(generated)
    sides = _sides(real, generated, wanted, export)
    ours.refuse_foreign(*(path for path in (output, export) if path))
    chosen = protocol_for(sides[0], protocol, read_settings(setting or ()))
    bench = Bench(features or FEATURES, devices.choose(device), progress_of(progress), workers, draws)
    earlier = _earlier(against, wanted) if sides[1] else {}
    with one_process():
        asked = [comparison(one, chosen, sides[0], sides[1], earlier.get(one.name)) for one in wanted if sides[1]]
        if export:
            _export(wanted, chosen, real, export, bench)
        if sides[1] is None:
            return
        results = [measure(one, bench) for one in asked]
    changes = [compare(earlier[one.metric], one) if one.metric in earlier else None for one in results]
    if output:
        ours.write(output, text_of(results))
    if json_output:
        print_json([one.plain() for one in results])
    else:
        for one, change in zip(results, changes, strict=True):
            _print(one, change)
    unreadable = [
        name for one in results for side in (one.real, one.generated) for name in (side or {}).get("unreadable", ())
    ]
    raise typer.Exit(1 if unreadable else 0)


def _sides(
    first: Path, second: Path | None, wanted: list[Metric], export: Path | None
) -> tuple[Path | None, Path | None]:
    """The real and the generated side of what stands on the command line."""
    if second is not None or export:
        return first, second
    if any(one.needs_real for one in wanted):
        needing = ", ".join(one.name for one in wanted if one.needs_real)
        raise UsageError(f"{needing} compares two folders: vbench distance REAL GENERATED. Found only {first}.")
    return None, first


def _export(wanted: list[Metric], protocol: Protocol, real: Path, path: Path, bench: Bench) -> None:
    from vbench.distances.distance import reference_of
    from vbench.distances.reference import SUFFIX, content_of_reference
    from vbench.files import ours

    if path.suffix != SUFFIX:
        raise UsageError(f"{path}: a reference is written to a file that ends in {SUFFIX}.")
    if len(wanted) != 1:
        raise UsageError("A reference is that of one metric: give --metric once.")
    reference = reference_of(wanted[0], protocol, real, bench)
    ours.write(path, content_of_reference(reference))
    typer.echo(
        f"{path}: {reference.real['videos']:,} videos, {reference.real['windows']:,} windows, {wanted[0].name} by "
        f"{reference.protocol['name']}",
        err=True,
    )


def _earlier(path: Path | None, wanted: list[Metric]) -> dict[str, Distance]:
    """The results of a file by metric."""
    from vbench.distances.result import read_results

    if path is None:
        return {}
    found = {one.metric: one for one in read_results(path)}
    if missing := [one.name for one in wanted if one.name not in found]:
        raise UsageError(f"{path} has no {', '.join(missing)}: it holds {', '.join(found)}.")
    return found


def _print(result: Distance, change: Change | None) -> None:
    """A figure for people."""
    from vbench.cli.table import Column, figures, print_table

    protocol = result.protocol
    between = (
        f"   95 % interval {_figure(result.interval[0])} to {_figure(result.interval[1])}" if result.interval else ""
    )
    typer.echo(f"{result.title}   {_figure(result.value)}{between}")
    typer.echo(f"  protocol   {protocol['name']}, digest {protocol['digest'][:12]}")
    files = ", ".join(one["file"] for one in result.network["checkpoints"].values())
    typer.echo(f"  network    {result.network['name']}{f', {files}' if files else ''}")
    for name, side in (("real", result.real), ("generated", result.generated)):
        if side:
            stride = f", stride {protocol[f'stride_{name}']}" if protocol["frames"] > 1 else ""
            what = f"windows of {protocol['frames']} frames{stride}" if protocol["frames"] > 1 else "frames"
            typer.echo(f"  {name:9}  {side['videos']:,} videos, {side['windows']:,} {what}")
    if result.parts:
        columns = [Column("part of the videos"), *map(figures, ("real", "generated", result.title))]
        names = ("a quarter", "half", "all")
        rows: list[tuple[str, ...]] = [
            (name, _count(part["real"]), _count(part["generated"]), _figure(part["value"]))
            for name, part in zip(names, result.parts, strict=True)
        ]
        if result.without_end is not None:
            rows.append(("without end", "", "", _figure(result.without_end)))
        if result.itself:
            halves = _count(result.itself["real"])
            rows += [(), ("real against itself", halves, halves, _figure(result.itself["value"]))]
        typer.echo()
        print_table(columns, rows)
    if change:
        typer.echo(_told(change, result.lower_better))
    if change and change.caution:
        typer.echo(f"Note: {change.caution}")
    for note in result.notes:
        typer.echo(f"Note: {note}")


def _told(change: Change, lower_better: bool) -> str:
    between = "" if change.low is None or change.high is None else f" ({change.low:+.4g} to {change.high:+.4g})"
    verdict = change.verdict(lower_better)
    return f"Before {_figure(change.first)}, now {_figure(change.second)}: {change.change:+.4g}{between}, {verdict}"


def _count(number: float) -> str:
    return f"{int(number):,}" if number else "-"


def _figure(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"
