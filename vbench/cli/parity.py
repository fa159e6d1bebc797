"""``vbench parity``: is an implementation of the protocol equal to the reference?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench.cli.card import print_json
from vbench.cli.table import Column, figures, print_table
from vbench.errors import UsageError

if TYPE_CHECKING:
    from vbench.parity.grade import Graded

EXACT = "0"


def parity(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Of result files, or one of them; with --make where the kit goes.", show_default=False
        ),
    ],
    dimension: Annotated[
        list[str] | None, typer.Option("--dimension", "-d", help="Only these.", show_default="all sixteen")
    ] = None,
    make: Annotated[
        bool, typer.Option("--make", help="Write clips, suite and seeded checkpoints (6.7 GiB for all dimensions).")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Hold any implementation's result files against the reference's figures.

    The kit needs no published weights: --make fills every checkpoint with known numbers. An implementation that loads
    them and scores the kit's videos must write what the reference wrote. It reads *_eval_results.json, as
    Vchitect/VBench writes it, and covers the sixteen dimensions of text to video.

    Exit status: 0 all figures are within their tolerance, 1 one deviates or is missing, 2 a file cannot be read.

    Examples:
      vbench parity kit --make -d temporal_flickering -d motion_smoothness
      vbench parity results -d temporal_flickering -d motion_smoothness
      vbench parity results/mine_eval_results.json --json
    """
    from vbench.parity import kit
    from vbench.parity.grade import WITHIN, grade
    from vbench.registry import unknown

    for name in dimension or ():
        if name not in kit.DIMENSIONS:
            raise unknown("dimension", name, kit.DIMENSIONS, " of the kit")
    dimensions = tuple(name for name in kit.DIMENSIONS if name in (dimension or kit.DIMENSIONS))
    if make:
        if json_output:
            raise UsageError("--make and --json exclude each other: --json prints how far results are.")
        _make(folder, dimensions)
        return
    graded = grade(folder, dimensions)
    passes = all(one.verdict == WITHIN for one in graded)
    if json_output:
        print_json({"within": passes, "dimensions": {one.dimension: _plain(one) for one in graded}})
    else:
        _print(graded)
    raise typer.Exit(int(not passes))


def _make(folder: Path, dimensions: tuple[str, ...]) -> None:
    from vbench.parity import kit
    from vbench.parity.checkpoints import size_of

    def tell(name: str) -> None:
        typer.echo(f"{name}: {size_of(name) / 2**20:,.1f} MiB", err=True)

    kit.make(folder, dimensions, tell)
    typer.echo(
        f"Evaluate {folder / kit.VIDEOS} by the suite {folder / kit.SUITE},\n"
        f"with VBENCH_CACHE_DIR={folder / kit.CHECKPOINTS}; then: vbench parity RESULTS"
    )


def _print(graded: list[Graded]) -> None:
    columns = [Column("dimension"), figures("figures"), figures("deviates by"), figures("may by"), Column("worst at"),
               Column("verdict")]  # fmt: skip
    rows = []
    for one in graded:
        worst, there = one.worst, len(one.compared) - len(one.missing)
        by = ("-", "-", "-")
        if worst is not None:
            by = (_short(worst.deviation or 0.0), _short(worst.figure.tolerance), worst.figure.clip)
        rows.append((one.dimension, f"{there} of {len(one.compared)}", *by, one.verdict))
    print_table(columns, rows)
    for one in graded:
        if one.missing and one.worst is not None:
            typer.echo(f"{one.dimension}: nothing of {', '.join(one.missing)}")
        if one.others:
            typer.echo(f"{one.dimension}: {one.others} results are of videos that are not the kit's")
    held = sum(one.verdict == "within" for one in graded)
    typer.echo(f"{held} of {len(graded)} dimensions agree with the reference.")


def _short(number: float) -> str:
    return f"{number:.1e}" if number else EXACT


def _plain(graded: Graded) -> dict[str, Any]:
    return {
        "verdict": graded.verdict,
        "results_of_other_videos": graded.others,
        "figures": {
            one.figure.clip: {
                "reference": one.figure.value, "found": one.found, "deviation": one.deviation,
                "tolerance": one.figure.tolerance, "verdict": one.verdict,
            }
            for one in graded.compared
        },
    }  # fmt: skip
