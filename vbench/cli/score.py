"""``vbench score``: the score card of a run, or of result files that the reference wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench.cli.card import card_json, print_card, print_json
from vbench.errors import UsageError

if TYPE_CHECKING:
    from vbench.benchmarks.score_card import ScoreCard


def score(
    run: Annotated[
        Path,
        typer.Argument(
            help="Folder of a run, or a *_eval_results.json, or a folder of such files.", show_default=False
        ),
    ],
    partial: Annotated[
        bool, typer.Option(help="Show Quality and Semantic over the dimensions that are there.")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print the score card as JSON.")] = False,
) -> None:
    """Show Quality, Semantic and Total, and every dimension that they are made of.

    Exit status: 0 all 16 dimensions have a score, 1 some are missing, 2 wrong call.
    """
    card, profile, options = read(run)
    if json_output:
        print_json(card_json(card, profile, partial, options))
    else:
        print_card(card, profile, partial, options)
    raise typer.Exit(1 if card.missing() else 0)


def read(path: Path) -> tuple[ScoreCard, str, dict[str, Any]]:
    """The card, the profile and the options of a run or of the reference's result files.

    Raises:
        UsageError: there is neither.
    """
    from vbench.runs.record import RECORD

    if (path / RECORD).exists():
        from vbench.runs.record import read_record
        from vbench.runs.results import read_score_card

        record = read_record(path)
        return read_score_card(path), record["profile"], record["options"]
    files = [path] if path.is_file() else sorted(path.glob("*_eval_results.json"))
    if not files:
        raise UsageError(
            f"{path} is neither a run nor a folder with *_eval_results.json. Make a run: vbench evaluate VIDEOS"
        )
    return read_result_files(files), "unknown", {}


def read_result_files(files: list[Path]) -> ScoreCard:
    """The card of the reference's result files.

    Raises:
        UsageError: a file is not one, or two of them give the same dimension.
    """
    from vbench.benchmarks.score_card import DimensionResult, ScoreCard, in_protocol_order
    from vbench.files.text import read_text

    results: dict[str, DimensionResult] = {}
    for file in files:
        try:
            entries = {name: (float(value[0]), len(value[1])) for name, value in json.loads(read_text(file)).items()}
        except (OSError, ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
            raise UsageError(
                f"{file} is not a result file: expected {{dimension: [score, [videos]]}} ({error})"
            ) from error
        for name, (value, videos) in entries.items():
            if name in results:
                raise UsageError(f"{name} stands in more than one file of {file.parent}; keep one of them.")
            if value != value:
                raise UsageError(f"{file}: {name} is NaN, which is no score.")
            results[name] = DimensionResult(value, videos)
    return ScoreCard({name: results[name] for name in in_protocol_order(results)})
