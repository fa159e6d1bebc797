"""The charts of a report as picture files for papers, and its score card as a LaTeX table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vbench.analysis.interval import Interval
from vbench.analysis.statistics import PairedDifference
from vbench.benchmarks.base import titled as title
from vbench.benchmarks.score_card import TOTAL
from vbench.files import ours
from vbench.reports.chart import UNDATED, Chart
from vbench.reports.charts import forest
from vbench.reports.formatting import file_name
from vbench.reports.report_data import Categories, Estimate, Report, Run

KINDS = tuple(UNDATED)

LATEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}  # fmt: skip
"""Signs that mean something to LaTeX -> how they are written."""


def write_figures(report: Report, folder: Path, kinds: Sequence[str] = KINDS) -> list[Path]:
    """Write every chart of a report in every kind; where there are several runs, each picture names them.

    Args:
        report: what was gathered.
        folder: for the pictures.
        kinds: of pictures: ``png``, ``svg``, ``pdf``.

    Returns:
        The files.

    Raises:
        UsageError: another file is in the place of one.
        MissingExtra: matplotlib is not installed.
    """
    names = [run.name for run in report.runs]
    drawn = figures(report)
    files = [folder / f"{name}.{kind}" for name in drawn for kind in kinds]
    ours.refuse_foreign(*files)
    for name, chart in drawn.items():
        for kind in kinds:
            ours.write(folder / f"{name}.{kind}", chart.picture(kind, () if name.startswith("changes") else names))
    return files


def figures(report: Report) -> dict[str, Chart]:
    """Every chart by the name of its file: also those that the page draws within its tables."""
    parts = [*[TOTAL] * report.benchmark.has_total, *(part.name for part in report.benchmark.parts)]
    dimensions = [part.name for part in report.dimensions]
    rows = {
        title(name): [_percent(_on_the_card(report, run, name)) for run in report.runs] for name in parts + dimensions
    }
    rows = {name: scores for name, scores in rows.items() if any(scores)}
    found: dict[str, Chart | None] = {"scores": forest(rows, "Normalised score, %")}
    for change in report.changes:
        across = f"{change.run.name} minus {report.runs[0].name}, points"
        differences = {title(name): [_points(one)] for name, one in change.differences.items()}
        found[f"changes-{change.run.number + 1}"] = forest(differences, across, 0, change.run.number)
    found |= {f"radar-{part or 'all'}": radar for part, radar in report.radars.items()}
    found |= {f"trade-off-{name}": chart for name, chart in report.trade_offs.items()}
    for part in report.dimensions:
        name = file_name(part.name)
        found[f"distribution-{name}"] = part.histogram
        if part.categories:
            found[f"categories-{name}"] = forest(_by_category(report, part.categories), title(part.name))
            found[f"category-radar-{name}"] = part.categories.radar
    return {name: chart for name, chart in found.items() if chart}


def latex_table(report: Report) -> str:
    """The score card for a paper: normalised percent with 95 % intervals, a column a run; needs ``booktabs``.

    A dash stands for what has no score. None is bold: whether a difference is beyond noise is what ``vbench compare``
    says.
    """
    parts = [part.name for part in report.benchmark.parts] or [""]
    lines = [
        f"% Scores of {_plain(report.benchmark.name)}, normalised, in percent, with 95 % intervals over prompts.",
        r"% \usepackage{booktabs}",
        rf"\begin{{tabular}}{{l{'r' * len(report.runs)}}}",
        r"\toprule",
        " & ".join(["", *(rf"\multicolumn{{1}}{{c}}{{{_latex(run.name)}}}" for run in report.runs)]) + r" \\",
    ]
    for part in parts + [""] * ("" not in parts):
        names = [dimension.name for dimension in report.dimensions if dimension.part == part]
        rows = [*names, *[part] * bool(part)]
        lines += [r"\midrule", *(_latex_row(report, name) for name in rows)] if names else []
    if report.benchmark.has_total:
        lines += [r"\midrule", _latex_row(report, TOTAL)]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _latex_row(report: Report, name: str) -> str:
    cells = [_latex_cell(_on_the_card(report, run, name)) for run in report.runs]
    return " & ".join([_latex(title(name)), *cells]) + r" \\"


def _latex_cell(estimate: Estimate) -> str:
    if estimate.value is None:
        return "--"
    value, *ends = (f"{100 * end:.2f}".replace("-", "$-$") for end in _ends(estimate))
    return value + (rf" {{\scriptsize [{', '.join(ends)}]}}" if ends else "")


def _ends(estimate: Estimate) -> list[float]:
    return [end for end in (estimate.value, estimate.low, estimate.high) if end is not None]


def _on_the_card(report: Report, run: Run, name: str) -> Estimate:
    """On the card's scale; a part of which a dimension is missing or not whole has no score there."""
    if name in report.benchmark.rules:
        return run.estimate(name).normalised(report.benchmark.rules[name])
    score = run.card.total if name == TOTAL else run.card.part(name) if name in report.radars else None
    return Estimate(None) if score is None else run.estimate(name)


def _percent(estimate: Estimate) -> Interval | None:
    found = _interval(estimate)
    return found and Interval(100 * found.score, 100 * found.low, 100 * found.high)


def _interval(estimate: Estimate | None) -> Interval | None:
    """A score without an interval is a point."""
    return None if estimate is None or estimate.value is None else _drawn(estimate.value, estimate.low, estimate.high)


def _points(difference: PairedDifference) -> Interval:
    drawn = _drawn(difference.change, difference.low, difference.high)
    return Interval(100 * drawn.score, 100 * drawn.low, 100 * drawn.high)


def _drawn(value: float, low: float | None, high: float | None) -> Interval:
    return Interval(value, value if low is None else low, value if high is None else high)


def _by_category(report: Report, categories: Categories) -> dict[str, list[Interval | None]]:
    found = {category: {run.number: one for run, one in scores} for category, scores in categories.scores.items()}
    return {category: [_interval(of.get(run.number)) for run in report.runs] for category, of in found.items()}


def _latex(text: str) -> str:
    return "".join(LATEX.get(sign, sign) for sign in _plain(text))


def _plain(text: str) -> str:
    return " ".join(text.split())
