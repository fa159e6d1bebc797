"""One HTML file about one or several runs: opens from disk, asks nothing of the network.

The numbers are those of ``vbench score``; the curves are the per-frame scores that the runs stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vbench.charts import curves
from vbench.errors import MissingExtra
from vbench.profiles import PROFILES
from vbench.results import read_rows, score_card
from vbench.run import read_record, write_atomically
from vbench.scoring import QUALITY, RULES, SEMANTIC, ScoreCard
from vbench.store import SCORED, Row

EXTREMES = 3
"""Videos with the lowest and with the highest score that a dimension's chart shows."""


@dataclass(frozen=True)
class DimensionSection:
    """What the report shows of one dimension of one run."""

    name: str
    score: float
    normalised: float | None
    videos: int
    lowest: Sequence[Row]
    highest: Sequence[Row]
    chart: str


@dataclass(frozen=True)
class RunSection:
    """What the report shows of one run."""

    name: str
    note: str
    comparable: bool
    card: ScoreCard
    quality: float | None
    semantic: float | None
    dimensions: Sequence[DimensionSection]
    unscored: Sequence[Row]
    record: dict[str, Any]


def write_report(runs: Sequence[Path], target: Path) -> Path:
    """Write the report of these runs.

    Args:
        runs: folders of runs.
        target: the HTML file.

    Returns:
        The file.

    Raises:
        UsageError: a folder holds no run.
        MissingExtra: the packages that draw and fill the page are not installed.
    """
    try:
        import jinja2
    except ModuleNotFoundError as error:
        raise MissingExtra(
            'A report needs packages that are not installed: pip install "vbench-suite[report]"'
        ) from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("vbench"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = lambda value: "-" if value is None else f"{100 * value:.2f} %"
    page = environment.get_template("report.html").render(runs=[section(run) for run in runs], rules=RULES)
    write_atomically(target, page)
    return target


def section(folder: Path) -> RunSection:
    """Everything that the report shows of a run.

    Raises:
        UsageError: the folder holds no run.
    """
    record, rows = read_record(folder), read_rows(folder)
    card = score_card(rows, record["not_evaluated"])
    profile = PROFILES.get(record["profile"])
    return RunSection(
        name=f"{Path(record['videos']).name} ({folder.name})",
        note=profile.meaning if profile else "",
        comparable=bool(record["comparable"]),
        card=card,
        quality=card.side(QUALITY, partial=True),
        semantic=card.side(SEMANTIC, partial=True),
        dimensions=[_dimension(name, rows, card) for name in card.scores],
        unscored=[row for row in rows if row.status != SCORED],
        record=record,
    )


def _dimension(name: str, rows: Sequence[Row], card: ScoreCard) -> DimensionSection:
    scored = sorted((row for row in rows if row.dimension == name and row.status == SCORED), key=_value)
    lowest = scored[:EXTREMES]
    highest = [row for row in scored[::-1][:EXTREMES] if row not in lowest]
    rule = RULES.get(name)
    return DimensionSection(
        name=name,
        score=card.scores[name],
        normalised=rule.normalised(card.scores[name]) if rule else None,
        videos=len(scored),
        lowest=lowest,
        highest=highest,
        chart=curves({row.video: row.frames for row in [*lowest, *highest[::-1]] if len(row.frames) > 1}),
    )


def _value(row: Row) -> float:
    return row.value if row.value is not None else 0.0
