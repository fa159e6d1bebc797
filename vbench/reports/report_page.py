"""The report as one HTML file: it opens from disk, asks nothing of the network, and runs one script of its own.

More runs than there are colours make an index of runs, and a report of each beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vbench.analysis.comparison import BETTER, SAME, WORSE, verdict
from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.base import titled as title
from vbench.benchmarks.score_card import TOTAL, in_protocol_order
from vbench.errors import MissingExtra
from vbench.files import ours
from vbench.reports.chart import COLOURS
from vbench.reports.data_table import DataTable, policy, script
from vbench.reports.formatting import file_name, fixed, place, signed
from vbench.reports.report_data import PICTURES, Report, gather
from vbench.runs.names import run_names
from vbench.runs.record import read_record
from vbench.runs.results import read_score_card

if TYPE_CHECKING:
    import jinja2

TOGETHER = len(COLOURS)
"""Runs that one page can tell apart."""


def write_report(
    runs: Sequence[Path],
    target: Path,
    benchmark: Benchmark | None = None,
    names: Sequence[str] = (),
    pictures: int = PICTURES,
    clear: bool = False,
) -> Path:
    """Write the report of these runs.

    Args:
        runs: folders of runs; with several, the first is the yardstick.
        target: the HTML file.
        benchmark: whose rules hold; by default the one that the first run says.
        names: of the runs; by default the folders'.
        pictures: bytes of all thumbnails together.
        clear: whether faces, and what may not be fit to be shown, are shown as they are and not blurred.

    Returns:
        The file.

    Raises:
        UsageError: a folder holds no run, or another file is in the target's place.
        MissingExtra: the packages that draw and fill the page are not installed.
    """
    templates()
    ours.refuse_foreign(target)
    if len(runs) > TOGETHER:
        return _write_index(runs, target, benchmark, run_names(runs, names), pictures, clear)
    return write_page(gather(runs, benchmark, names, pictures, clear), target)


def write_page(report: Report, target: Path) -> Path:
    """Write what was gathered; returns and raises as :func:`write_report`."""
    environment = templates()
    environment.filters |= {"title": title, "place": place, "fixed": fixed, "signed": signed, "verdict": verdict}
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
    page = environment.get_template("report.html").render(report=report, policy=policy(), script=script(), **names)
    ours.write(target, page)
    return target


def templates() -> jinja2.Environment:
    """What fills the pages.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import jinja2
    except ModuleNotFoundError as error:
        raise MissingExtra(
            'A report needs packages that are not installed: pip install "vbench-suite[report]"'
        ) from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("vbench.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "ensure_ascii": False}
    return environment


def _write_index(
    runs: Sequence[Path],
    target: Path,
    benchmark: Benchmark | None,
    names: Sequence[str],
    pictures: int,
    clear: bool,
) -> Path:
    """A table of the runs at the target, and a report of each in a folder of the target's name."""
    cards = [read_score_card(run, benchmark) for run in runs]
    rules = cards[0].benchmark
    parts = [part.name for part in rules.parts]
    dimensions = in_protocol_order({name for card in cards for name in card.dimensions}, rules)
    headings = [*[TOTAL] * rules.has_total, *parts, *dimensions]
    table = DataTable(["Run", "Started", "Profile", "Suite", *map(title, headings)])
    for number, (run, name, card) in enumerate(zip(runs, names, cards, strict=True), 1):
        page = target.with_suffix("") / f"{number:03}-{file_name(name)}.html"
        write_report([run], page, benchmark, [name], pictures, clear)
        record = read_record(run)
        scores = {TOTAL: card.total, **{part: card.part(part) for part in parts}, **card.scores}
        link = f"{page.parent.name}/{page.name}"
        about = record.started[:10], record.profile, record.suite["name"]
        table.add({"text": name, "link": link}, *about, *(scores.get(heading) for heading in headings))
    page_of_all = templates().get_template("index.html").render(table=table, policy=policy(), script=script())
    ours.write(target, page_of_all)
    return target
