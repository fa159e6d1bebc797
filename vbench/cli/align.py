"""``vbench align``: do the scores say what people say?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench.cli.card import print_json
from vbench.errors import UsageError

if TYPE_CHECKING:
    from vbench.analysis.alignment import Alignment
    from vbench.analysis.interval import Interval
    from vbench.analysis.preference import Judgement
    from vbench.runs.store import Row

OVERALL = "overall"


class By(StrEnum):
    """What is held against people."""

    win_ratio = "win-ratio"
    mean = "mean"


def align(
    annotations: Annotated[
        list[Path] | None,
        typer.Option(
            "--annotations", "-a", help="What people said: a .json, .jsonl or .csv file, or a folder; repeatable."
        ),
    ] = None,
    run: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL=FOLDER", help="The run of a model, named as people's judgements name it; repeat."),
    ] = None,
    scores: Annotated[
        Path | None, typer.Option(help="Instead of runs: a .csv, .jsonl or .json of model, dimension, score.")
    ] = None,
    board: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Database of a board: its votes and, unless given otherwise, its scores."),
    ] = None,
    by: Annotated[
        By, typer.Option(help="win-ratio: who wins the judged pairs by score; mean: the score of the whole run.")
    ] = By.win_ratio,
    plot: Annotated[
        Path | None, typer.Option(help="Draw win ratios against scores: a .svg, .pdf or .png file.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Take runs of different kinds together.")] = False,
    seed: Annotated[int, typer.Option(help="Of the random draws.")] = 0,
    json_output: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Correlate models' scores with how often people prefer their videos, dimension by dimension.

    Exit status: 0 done, 1 people judged a dimension that has no scores of two of the models, 2 wrong call.

    Examples:
      vbench align --annotations human/ --run lavie=runs/lavie --run ms=runs/ms
      vbench align --annotations votes.csv --scores board.csv --plot align.svg
      vbench align --board sqlite:///board.sqlite --by mean --json
    """
    from vbench.analysis.alignment import align as align_runs
    from vbench.analysis.alignment import align_scores
    from vbench.analysis.annotations import read_annotations, read_scores
    from vbench.files import ours
    from vbench.reports.chart import kind_of

    if bool(run) and bool(scores):
        raise UsageError("Scores come from runs (--run) or from a table (--scores), not from both.")
    if not (annotations or board):
        raise UsageError("What did people say? Give --annotations FILE, --board URL, or both.")
    if not (run or scores or board):
        raise UsageError("What are the scores? Give --run MODEL=FOLDER for each model, or --scores FILE.")
    if plot:
        kind_of(plot)
        ours.refuse_foreign(plot)
    told = [one for path in annotations or () for one in read_annotations(path)]
    judgements, rows = _of_board(board, told, scored=not (run or scores)) if board else (told, {})
    if scores:
        found = align_scores(judgements, read_scores(scores), seed)
    else:
        found = align_runs(judgements, _runs(run, force) if run else rows, by.value, seed)
    what = "score" if scores or by is By.mean else "win ratio by score"
    missing = _missing(judgements, found)
    if json_output:
        print_json({"by": "mean" if scores else by.value, "dimensions": _plain(found), "not_aligned": missing})
    else:
        _print(found, what)
    if plot:
        _draw(plot, found, what)
    _remark(found, missing)
    raise typer.Exit(int(bool(missing)))


def _runs(given: Sequence[str], force: bool) -> dict[str, list[Row]]:
    from vbench.analysis.comparison import objections
    from vbench.runs.results import read_rows

    folders: dict[str, Path] = {}
    for text in given:
        model, sign, folder = text.partition("=")
        if not (model and sign and folder):
            raise UsageError(f"{text!r} is no run: expected MODEL=FOLDER, such as lavie=runs/lavie.")
        if model in folders:
            raise UsageError(f"Two runs are named {model}: {folders[model]} and {folder}.")
        folders[model] = Path(folder)
    for first, other in combinations(folders.values(), 2):  # each pair, as some may share what another lacks
        found = "; ".join(objections(first, other))
        if found and not force:
            raise UsageError(f"{first} and {other} are of different kinds: {found}. --force takes them all the same.")
        if found:
            typer.echo(f"{first} and {other} are of different kinds: {found}", err=True)
    return {model: read_rows(folder) for model, folder in folders.items()}


def _of_board(url: str, told: Sequence[Judgement], scored: bool) -> tuple[list[Judgement], dict[str, list[Row]]]:
    """A board's votes, then what else was told, and, if it is scored by, the rows of the models that these judge."""
    from vbench.analysis.preference import models_of
    from vbench.leaderboard.board import Board
    from vbench.leaderboard.settings import from_environment
    from vbench.leaderboard.votes import judgements_of, runs_of

    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        raise UsageError(f"There is no board at {url}.")
    opened = Board(from_environment(database=url))
    try:
        judgements = [*judgements_of(opened), *told]
        return judgements, runs_of(opened, set(models_of(judgements))) if scored else {}
    finally:
        opened.close()


def _missing(judgements: Iterable[Judgement], found: Mapping[str, Alignment]) -> dict[str, str]:
    """Why a dimension that people judged is not in the table."""
    from vbench.analysis.preference import models_of

    judged: dict[str, list[Judgement]] = {}
    for one in judgements:
        judged.setdefault(one.dimension, []).append(one)
    if not judged:
        raise UsageError("Nobody has judged anything yet.")
    reason = "no two of the judged models have a score for the same pair"
    missing = {
        name or OVERALL: f"{reason}; judged are {', '.join(models_of(part))}"
        for name, part in judged.items()
        if name not in found
    }
    if not found:
        name, why = next(iter(missing.items()))
        raise UsageError(
            f"Scores and judgements have nothing in common. {name}: {why}. Models, dimensions and prompts must have "
            "the same names on both sides."
        )
    return missing


def _print(found: Mapping[str, Alignment], what: str) -> None:
    from vbench.cli.table import Column, figures, print_table

    rows: list[tuple[str, ...]] = []
    for name, one in found.items():
        told = (_cell(part) for part in (one.spearman, one.pearson, one.kendall, one.agreement))
        rows += [(name or OVERALL, f"{len(one.people)}\n{one.pairs}", *told), ()]
    columns = [Column("dimension"), *map(figures, ("models, pairs", "Spearman", "Pearson", "Kendall", "agreement"))]
    print_table(columns, rows, f"Human win ratio against {what} (95 % intervals over prompts)")


def _cell(figure: Interval | None) -> str:
    return "-" if figure is None else f"{figure.score:.2f}\n{figure.low:.2f} to {figure.high:.2f}"


def _plain(found: Mapping[str, Alignment]) -> dict[str, Any]:
    return {
        name or OVERALL: {
            "models": {
                model: {"win_ratio": vars(ratio), "score": vars(one.scores[model])}
                for model, ratio in one.people.items()
            },
            **{
                key: figure and vars(figure)
                for key, figure in vars(one).items()
                if key in ("spearman", "pearson", "kendall", "agreement")
            },
            "pairs": one.pairs,
            "pairs_of_seen_videos": one.seen,
            "pairs_left_out": one.left_out,
            "caution": one.caution,
        }
        for name, one in found.items()
    }


def _draw(plot: Path, found: Mapping[str, Alignment], what: str) -> None:
    from vbench.files import ours
    from vbench.reports.chart import kind_of
    from vbench.reports.charts import Panel, alignment

    panels = [
        Panel(
            f"{name or OVERALL}: Spearman {'-' if one.spearman is None else format(one.spearman.score, '.2f')}",
            {model: (ratio, one.scores[model]) for model, ratio in one.people.items()},
        )
        for name, one in found.items()
    ]
    if chart := alignment(panels, "human win ratio", what):
        ours.write(plot, chart.picture(kind_of(plot)))


def _remark(found: Mapping[str, Alignment], missing: Mapping[str, str]) -> None:
    """On standard error: what to bear in mind."""
    for name, one in found.items():
        if one.left_out:
            judged = one.pairs + one.left_out
            typer.echo(
                f"{name or OVERALL}: {one.left_out} of {judged} judged pairs lack a score and do not count", err=True
            )
    for caution in dict.fromkeys(one.caution for one in found.values() if one.caution):
        names = ", ".join(name or OVERALL for name, one in found.items() if one.caution == caution)
        typer.echo(f"{names}: {caution}", err=True)
    for name, reason in missing.items():
        typer.echo(f"{name}: not aligned, {reason}", err=True)
