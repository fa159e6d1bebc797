"""``vbench score``: the score card of a run, or of result files that the reference wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench.cli.benchmarks import Named
from vbench.cli.card import card_json, print_card, print_json
from vbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vbench.benchmarks.base import Benchmark
    from vbench.benchmarks.score_card import ScoreCard


def score(
    run: Annotated[
        Path,
        typer.Argument(
            help="Folder of a run, or a *_eval_results.json, or a folder of such files.", show_default=False
        ),
    ],
    partial: Annotated[
        bool, typer.Option(help="Show the parts, such as Quality, over the dimensions that are there.")
    ] = False,
    benchmark: Named = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print the score card as JSON.")] = False,
) -> None:
    """Show the parts, such as Quality, the Total, and every dimension that they are made of.

    Parts and the Total are those of whole dimensions only: every video of the suite, every sample.

    Exit status: 0 all dimensions of the benchmark are whole, 1 some are missing or not whole, 2 wrong call.

    Examples:
      vbench score vbench-runs/mine-official
      vbench score results/ --json
    """
    card, profile, options = read(run, benchmark)
    if json_output:
        print_json(card_json(card, profile, partial, options))
    else:
        print_card(card, profile, partial, options)
    raise typer.Exit(1 if card.missing() or card.incomplete else 0)


def read(path: Path, benchmark: str | None = None) -> tuple[ScoreCard, str, Mapping[str, Any]]:
    """The card, the profile and the options of a run or of the reference's result files.

    Args:
        path: folder of the run, a result file, or a folder of such files.
        benchmark: whose rules hold; by default what the run says.

    Raises:
        UsageError: there is neither.
    """
    from vbench.benchmarks.registry import benchmark_named
    from vbench.runs.record import RECORD

    rules = benchmark_named(benchmark) if benchmark else None
    if (path / RECORD).exists():
        from vbench.runs.record import read_record
        from vbench.runs.results import read_score_card

        record = read_record(path)
        return read_score_card(path, rules), record.profile, record.options
    files = [path] if path.is_file() else sorted(path.glob("*_eval_results.json"))
    if not files:
        raise UsageError(
            f"{path} is neither a run nor a folder with *_eval_results.json. Make a run: vbench evaluate VIDEOS"
        )
    return read_result_files(files, benchmark_named(benchmark)), "unknown", {}


def read_result_files(files: list[Path], benchmark: Benchmark) -> ScoreCard:
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
            results[name] = DimensionResult(value, videos, planned=_planned(name, benchmark) if videos else None)
    ordered = {name: results[name] for name in in_protocol_order(results, benchmark)}
    return ScoreCard(ordered, benchmark=benchmark)


def _planned(name: str, benchmark: Benchmark) -> int | None:
    """How many videos a whole run has, where the reference's files hold each of them."""
    from vbench.benchmarks.base import Counts

    spec = benchmark.rules.get(name)
    if spec is None or not spec.prompts or spec.sampled or spec.counts is Counts.FOUND:
        return None
    return spec.prompts * benchmark.samples
