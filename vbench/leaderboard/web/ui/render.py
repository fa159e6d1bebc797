"""Pieces of the app's pages: templates that escape whatever somebody typed, and charts that are drawn once.

Nothing reaches a page but through these templates, so a name that looks like HTML is shown as what it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote

import jinja2

from vbench.analysis.comparison import BETTER, WORSE, verdict
from vbench.analysis.statistics import Figure
from vbench.benchmarks.base import Benchmark, DimensionSpec, titled
from vbench.benchmarks.registry import benchmark_named
from vbench.benchmarks.score_card import TOTAL
from vbench.leaderboard.views.board_row import BoardRow
from vbench.leaderboard.views.published_figures import address_of
from vbench.leaderboard.views.ranking import KINDS
from vbench.reports import charts
from vbench.reports.chart import COLOURS, MARKS

TEMPLATES = Path(__file__).parent / "templates"

MINUS = "\N{MINUS SIGN}"

_DRAWING = Lock()
"""Matplotlib's settings are one for all threads."""


@dataclass(frozen=True)
class Model:
    """A row with the colour and mark that it has in every chart of a page."""

    number: int
    entry: BoardRow

    @property
    def colour(self) -> str:
        """CSS class of its colour, the same as in the charts."""
        return f"run-{self.number % len(COLOURS) + 1}"

    @property
    def look(self) -> str:
        """CSS classes of a mark in its colour and shape."""
        return f"{self.colour} mark mark-{self.number % len(MARKS) + 1}"


def render(template: str, **values: Any) -> str:
    """A template of this package, filled."""
    return _environment().get_template(template).render(**values)


@cache
def template(name: str) -> str:
    """A file beside the templates as it is: ``look.css`` and ``look.js`` are of every page."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def of_benchmark(name: str) -> dict[str, Any]:
    """What the templates ask of a benchmark: its ``rules``, its ``sides`` with their dimensions, and its ``wholes``."""
    benchmark = benchmark_named(name)
    return {"rules": benchmark.rules, "sides": sides_of(benchmark), "wholes": wholes_of(benchmark)}


def sides_of(benchmark: Benchmark) -> dict[str, tuple[str, ...]]:
    """Part -> its dimensions; a benchmark without parts has one, named ``""``."""
    return {part.name: benchmark.of_part(part.name) for part in benchmark.parts} or {"": tuple(benchmark.rules)}


def wholes_of(benchmark: Benchmark) -> tuple[str, ...]:
    """The Total and the parts, as far as there are any."""
    return (*((TOTAL,) if benchmark.has_total else ()), *(part.name for part in benchmark.parts))


def name_of(entry: BoardRow) -> str:
    """A row's model and version in words."""
    return f"{entry.card.name} {entry.card.version}".strip()


def title_of(column: str) -> str:
    """A column's name for people."""
    return titled(column)


def radars(models: Sequence[Model]) -> dict[str, str]:
    """Normalised scores of each part as a radar; ``""`` where fewer than three dimensions have one."""
    sides = sides_of(benchmark_named(models[0].entry.benchmark))
    return {side: _radar(side, tuple(_spokes(model.entry, names) for model in models)) for side, names in sides.items()}


def normalised(name: str, figure: Figure, rules: Mapping[str, DimensionSpec]) -> Figure:
    """A figure on the scale of the parts; parts and Total are on it already."""
    if name not in rules:
        return figure
    ends = (None if end is None else rules[name].normalised(end) for end in (figure.value, figure.low, figure.high))
    value, low, high = ends
    return Figure(value or 0.0, low, high, figure.videos)


def scale(figures: Sequence[Figure]) -> tuple[float, float]:
    """Ends of a scale on which all figures and their intervals lie, with some room."""
    ends = [end for one in figures for end in (one.value, one.low, one.high) if end is not None]
    room = 0.06 * (max(ends) - min(ends)) or 0.05
    return min(ends) - room, max(ends) + room


def _spokes(entry: BoardRow, names: Sequence[str]) -> tuple[tuple[str, float], ...]:
    values = ((name, entry.normalised(name)) for name in names)
    return tuple((title_of(name), 100 * value) for name, value in values if value is not None)


@lru_cache(maxsize=256)
def _radar(side: str, models: tuple[tuple[tuple[str, float], ...], ...]) -> str:
    with _DRAWING:
        title = f"{title_of(side) or 'All'} dimensions, normalised, in percent"
        radar = charts.radar(list(map(dict, models)), 0, 100, title)
        return radar.svg() if radar else ""


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "bounds": _bounds,
        "fixed": _fixed,
        "name": name_of,
        "percent": _percent,
        "place": _place,
        "quoted": lambda text: quote(text, safe=""),
        "signed": _signed,
        "title": title_of,
        "verdict": verdict,
    }
    environment.globals |= {
        "BETTER": BETTER, "KINDS": KINDS, "TOTAL": TOTAL, "WORSE": WORSE,
        "address_of": address_of, "normalised": normalised,
    }  # fmt: skip
    return environment


def _fixed(value: float, places: int = 2) -> str:
    """With so many places, and a minus as wide as a plus."""
    return f"{value:.{places}f}".replace("-", MINUS)


def _signed(value: float, places: int = 2) -> str:
    """The same with a sign in any case; what is rounded to nothing has a plus."""
    return f"{round(value, places) + 0.0:+.{places}f}".replace("-", MINUS)


def _percent(value: Figure | float | None) -> str:
    """A figure or a number in percent; a dash where there is none."""
    number = value.value if isinstance(value, Figure) else value
    return _fixed(100 * number) if isinstance(number, float | int) else "\N{EN DASH}"


def _bounds(figure: Figure | Mapping[str, Any] | None) -> str:
    """An interval in percent; empty where there is none."""
    if not isinstance(figure, Figure) or figure.low is None or figure.high is None:
        return ""
    return f"{_fixed(100 * figure.low)} to {_fixed(100 * figure.high)}"


def _place(value: float, low: float, high: float) -> float:
    """Percent of the way from one end of a scale to the other, within it."""
    return round(min(max(100 * (value - low) / (high - low), 0.0), 100.0), 2)
