"""``vbench compare --plot trade-off``: two scores of several runs against each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from vbench.benchmarks.base import Benchmark, titled
from vbench.benchmarks.score_card import TOTAL
from vbench.errors import UsageError
from vbench.registry import did_you_mean

KIND = "trade-off"


def draw(runs: Sequence[Path], asked: tuple[str, str, str], benchmark: Benchmark, pictures: Sequence[Path]) -> None:
    """Say on standard error how two scores of runs go together, and draw them with their intervals.

    Args:
        runs: their folders.
        asked: the kind of plot, and the two scores.
        benchmark: whose rules hold.
        pictures: files to write; one named after the scores where there is none.

    Raises:
        UsageError: there is no such plot or score, or a run does not have it.
    """
    from vbench.analysis.statistics import intervals
    from vbench.analysis.trade_off import correlation, described
    from vbench.files import ours
    from vbench.reports.charts import Panel, alignment
    from vbench.runs.names import run_names
    from vbench.runs.results import read_rows

    kind, across, up = asked
    known = (TOTAL, *(part.name for part in benchmark.parts), *benchmark.rules)
    if kind != KIND:
        raise UsageError(f"There is no plot {kind!r}: expected --plot {KIND} X Y.")
    for name in (across, up):
        if name not in known:
            raise UsageError(f"{benchmark.name} has no score {name!r}.{did_you_mean(name, known)}")
    targets = list(pictures) or [Path(f"{KIND}-{across}-{up}.svg")]
    ours.refuse_foreign(*targets)
    named = zip(run_names(runs), runs, strict=True)
    found = {name: intervals(read_rows(run), benchmark=benchmark) for name, run in named}
    if lacking := [name for name, scores in found.items() if not {across, up} <= scores.keys()]:
        raise UsageError(f"{', '.join(lacking)}: no interval of {across} or {up}; both need two prompts at least.")
    points = {name: (scores[across], scores[up]) for name, scores in found.items()}
    chart = alignment([Panel("", points)], titled(across), titled(up))
    for target in targets:
        if chart:
            ours.write(target, chart.picture(target.suffix[1:]))
            typer.echo(f"{target}: {up} against {across}", err=True)
    found_of = correlation([x.score for x, _ in points.values()], [y.score for _, y in points.values()])
    typer.echo(described(found_of, len(points)), err=True)
