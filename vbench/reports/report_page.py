"""The report as one HTML file: it opens from disk, asks nothing of the network, runs no script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vbench.analysis.comparison import BETTER, SAME, WORSE, verdict
from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.score_card import TOTAL
from vbench.errors import MissingExtra
from vbench.files import ours
from vbench.reports.formatting import fixed, place, signed, title
from vbench.reports.report_data import gather


def write_report(runs: Sequence[Path], target: Path, benchmark: Benchmark | None = None) -> Path:
    """Write the report of these runs.

    Args:
        runs: folders of runs; with several, the first is the yardstick.
        target: the HTML file.
        benchmark: whose rules hold; by default the one that the first run says.

    Returns:
        The file.

    Raises:
        UsageError: a folder holds no run, or another file is in the target's place.
        MissingExtra: the packages that draw and fill the page are not installed.
    """
    try:
        import jinja2
    except ModuleNotFoundError as error:
        raise MissingExtra(
            'A report needs packages that are not installed: pip install "vbench-suite[report]"'
        ) from error
    ours.refuse_foreign(target)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("vbench.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"title": title, "place": place, "fixed": fixed, "signed": signed, "verdict": verdict}
    report = gather(runs, benchmark)
    parts = tuple(part.name for part in report.benchmark.parts)
    names = {
        "BETTER": BETTER,
        "WORSE": WORSE,
        "SAME": SAME,
        "PARTS": parts,
        "RULES": report.benchmark.rules,
        "TOTAL": TOTAL,
        "HEADINGS": ((TOTAL,) if report.benchmark.has_total else ()) + parts,
    }
    page = environment.get_template("report.html").render(report=report, **names)
    ours.write(target, page)
    return target
