"""``vbench score``: the score card of a run, or of result files that the reference wrote."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench.cli.benchmarks import Named
from vbench.cli.card import card_json, print_card, print_json
from vbench.errors import UsageError
from vbench.files.json_file import plain_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vbench.benchmarks.base import Benchmark
    from vbench.benchmarks.score_card import ScoreCard
    from vbench.runs.store import Row


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
    videos: Annotated[bool, typer.Option("--videos", help="Also what each dimension said of each video.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Write the scores of the videos: a .csv or .parquet file.", show_default=False
        ),
    ] = None,
    benchmark: Named = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print the score card as JSON.")] = False,
) -> None:
    """Show the parts, such as Quality, the Total, and every dimension that they are made of, with 95 % intervals.

    Parts and the Total are those of whole dimensions only: every video of the suite, every sample.

    Exit status: 0 all dimensions of the benchmark are whole, 1 some are missing or not whole, 2 wrong call.

    Examples:
      vbench score vbench-runs/mine-official
      vbench score vbench-runs/mine-official --videos --json
      vbench score vbench-runs/mine-official -o videos.csv
      vbench score results/ --json
    """
    from vbench.analysis.statistics import intervals
    from vbench.reports.video_scores import refuse_unknown, video_scores, write_video_scores

    if output:
        refuse_unknown(output)
    card, profile, options = read(run, benchmark)
    rows = _rows(run, needed=videos or output is not None)
    widths = intervals(rows, benchmark=card.benchmark)
    if output:
        write_video_scores(rows, output)
    if json_output:
        told = card_json(card, profile, partial, options, widths)
        print_json({**told, "per_video": video_scores(rows)} if videos else told)
    else:
        print_card(card, profile, partial, options, widths)
        if videos:
            _print_videos(video_scores(rows))
        if output:
            typer.echo(f"{output}: {len(rows):,} scores of videos")
    raise typer.Exit(1 if card.missing() or card.incomplete else 0)


def _rows(path: Path, needed: bool) -> list[Row]:
    """The rows of a run; the reference's files have none.

    Raises:
        UsageError: they are needed, and there are none.
    """
    from vbench.runs.record import RECORD
    from vbench.runs.results import read_rows

    if (path / RECORD).exists():
        return read_rows(path)
    if needed:
        raise UsageError(f"--videos and --output need the folder of a run; {path} holds the reference's result files.")
    return []


def _print_videos(scores: list[dict[str, Any]]) -> None:
    """Each video on a line of its own, and what the dimensions said of it below."""
    width = max((len(one["dimension"]) for one in scores), default=0)
    for (video, prompt), found in groupby(scores, key=lambda one: (one["video"], one["prompt"])):
        typer.echo(f"\n{video}" if prompt in video else f"\n{video}: {prompt}")
        for one in found:
            status = f"{one['status'].replace('_', ' ')}: {one['reason']}"
            value = status if one["score"] is None else f"{one['score']:.4f}" + "  does not count" * (not one["weight"])
            typer.echo(f"  {one['dimension']:{width}}  {value}")


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
            entries = {name: (float(value[0]), len(value[1])) for name, value in plain_json(read_text(file)).items()}
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
    return spec.prompts * benchmark.samples_of(spec)
