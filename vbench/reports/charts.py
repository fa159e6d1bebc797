"""The kinds of charts: curves, radars, histograms, intervals, clouds of prompts; a run looks alike in all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from vbench.reports.chart import INK, Chart, colour, look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vbench.analysis.interval import Interval

LONGEST_LABEL = 48

BINS = 24
"""Bars of a histogram."""

RINGS = 4
"""Grid lines of a radar."""

MOST_POINTS = 300
"""Dots of one run in a scatter plot; of more, every n-th is drawn."""

SPARK_POINTS = 120
"""Points of a small curve; of more, every n-th is drawn."""


@dataclass(frozen=True)
class Cloud:
    """One run in a scatter plot.

    Attributes:
        points: ``(n, 2)`` horizontal and vertical values, a prompt each.
        across: the run's score on the horizontal axis, with its interval.
        up: the same on the vertical one.
    """

    points: Sequence[tuple[float, float]]
    across: Interval
    up: Interval


@dataclass(frozen=True)
class Panel:
    """One dimension in a chart of alignment.

    Attributes:
        title: above the panel.
        models: model -> horizontal and vertical value, with their intervals.
    """

    title: str
    models: Mapping[str, tuple[Interval, Interval]]


def response(
    strengths: Sequence[float], means: Sequence[float], clips: Sequence[Sequence[float]], across: str
) -> Chart:
    """A score against the strength of a defect: one faint line a clip, a strong one with dots for the whole.

    Args:
        strengths: horizontal places.
        means: the score at each.
        clips: each clip's scores.
        across: label of the horizontal axis.
    """
    title = f"Score by {across}"

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("constrained")
        axes = figure.subplots()
        for values in clips:
            axes.plot(strengths, values, color=colour(0), alpha=0.25, linewidth=0.8)
        axes.plot(strengths, means, linewidth=1.8, markersize=4, **look(0))
        axes.set_xlabel(across)
        axes.set_ylabel("score")

    return Chart(title, (4.2, 2.6), draw)


def radar(runs: Sequence[Mapping[str, float]], low: float, high: float, title: str) -> Chart | None:
    """One polygon a run over the same spokes; ``None`` for fewer than three spokes.

    Args:
        runs: spoke -> value, for each run; a run without a spoke's value has a gap there.
        low: value at the centre.
        high: value at the rim; values beyond either end are drawn there.
        title: what a screen reader says.
    """
    spokes = list(dict.fromkeys(name for values in runs for name in values))
    if len(spokes) < 3:
        return None
    angles = 2 * np.pi * np.arange(len(spokes)) / len(spokes)
    directions = np.stack([np.sin(angles), np.cos(angles)], axis=1)

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.2, 0.1, 0.6, 0.75), aspect="equal")
        _web(axes, spokes, directions, low, high)
        for number, values in enumerate(runs):
            reach = np.array([values.get(name, math.nan) for name in spokes])
            corners = _closed(directions * ((reach - low) / (high - low)).clip(0, 1)[:, None])
            axes.plot(*corners.T, linewidth=1.4, markersize=3, **look(number))
            if np.isfinite(corners).all():
                axes.fill(*corners.T, color=colour(number), alpha=0.1, linewidth=0)

    return Chart(title, (3.6, 3.0), draw)


def histogram(runs: Sequence[Sequence[float]], scores: Sequence[float | None], title: str) -> Chart | None:
    """How a dimension's scores are spread: the share of videos in equal bins, and each run's score as a line.

    Args:
        runs: values of each run's videos.
        scores: of the runs, which weigh the videos.
        title: what a screen reader says.
    """
    pooled = np.concatenate([np.asarray(values, dtype=float) for values in runs])
    if not pooled.size:
        return None
    edges = np.histogram_bin_edges(pooled, BINS)

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.12, 0.17, 0.85, 0.78))
        for number, (values, score) in enumerate(zip(runs, scores, strict=True)):
            if score is None or not len(values):
                continue
            share = 100 * np.histogram(values, edges)[0] / len(values)
            axes.stairs(share, edges, fill=True, color=colour(number), alpha=0.25)
            axes.stairs(share, edges, color=colour(number), linewidth=1)
            axes.axvline(score, color=colour(number), linewidth=1.2, linestyle=(0, (3, 2)))
        axes.set_ylabel("% of videos")
        axes.yaxis.set_label_coords(-0.09, 0.5)
        axes.grid(visible=False, axis="x")
        axes.locator_params(nbins=5)

    return Chart(title, (3.5, 1.7), draw)


def scatter(clouds: Sequence[Cloud], across: str, up: str, title: str) -> Chart:
    """Prompts as faint dots, each run's scores as a mark with the intervals as a cross.

    Dots are moved sideways by up to a hundredth, so that equal ones do not hide each other.

    Args:
        clouds: one a run.
        across: label of the horizontal axis.
        up: label of the vertical axis.
        title: what a screen reader says.
    """

    def draw(figure: Figure) -> None:
        rng = np.random.default_rng(0)
        axes = figure.add_axes((0.16, 0.15, 0.81, 0.82))
        for number, cloud in enumerate(clouds):
            points = np.array(cloud.points[:: math.ceil(len(cloud.points) / MOST_POINTS) or 1]).reshape(-1, 2)
            aside = rng.uniform(-0.01, 0.01, len(points))
            axes.scatter(points[:, 0] + aside, points[:, 1], s=7, color=colour(number), alpha=0.25, linewidths=0)
        for number, cloud in enumerate(clouds):
            x, y = cloud.across, cloud.up
            axes.plot([x.low, x.high], [y.score, y.score], color=colour(number), linewidth=1.6)
            axes.plot([x.score, x.score], [y.low, y.high], color=colour(number), linewidth=1.6)
            axes.plot([x.score], [y.score], markersize=7, markeredgecolor="white", linestyle="", **look(number))
        axes.set_xlabel(across)
        axes.set_ylabel(up)
        axes.locator_params(nbins=6)

    return Chart(title, (3.5, 2.9), draw)


def forest(
    rows: Mapping[str, Sequence[Interval | None]], across: str, origin: float | None = None, first: int = 0
) -> Chart | None:
    """Intervals below each other, the runs of a row close together; ``None`` for no row.

    Args:
        rows: label -> a score with its interval for each run; ``None`` where a run has none.
        across: label of the horizontal axis.
        origin: where a line stands that the intervals are seen against.
        first: number of the first run of a row, which gives its colour and mark.
    """
    if not rows:
        return None
    several = max(map(len, rows.values()))

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("constrained")
        axes = figure.subplots()
        if origin is not None:
            axes.axvline(origin, color=INK, linewidth=0.8, alpha=0.6)
        for place, found in enumerate(rows.values()):
            for number, one in enumerate(found):
                if one is None:
                    continue
                level = place + (number - (several - 1) / 2) * 0.7 / several
                axes.plot([one.low, one.high], [level, level], color=colour(first + number), linewidth=1.6, alpha=0.6)
                axes.plot([one.score], [level], markersize=4, linestyle="", **look(first + number))
        axes.set_yticks(range(len(rows)), [_short(name) for name in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlabel(across)

    return Chart(across, (5.0, 0.6 + (0.14 + 0.1 * several) * len(rows)), draw)


def alignment(panels: Sequence[Panel], across: str, up: str) -> Chart | None:
    """A small plot per dimension: a named mark a model, its intervals as a cross; ``None`` for no panel.

    Args:
        panels: three stand side by side.
        across: label of the horizontal axes.
        up: label of the vertical ones.
    """
    if not panels:
        return None
    place = {model: number for number, model in enumerate(sorted({name for panel in panels for name in panel.models}))}
    title = f"{up} against {across}: {', '.join(panel.title for panel in panels)}"
    columns, rows = min(3, len(panels)), math.ceil(len(panels) / 3)

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("constrained")
        plots = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, panel in zip(plots, panels, strict=False):
            axes.set_title(panel.title, fontsize=8)
            middle = np.mean([x.score for x, _ in panel.models.values()])
            for model, (x, y) in panel.models.items():
                drawn = look(place[model])
                axes.plot([x.low, x.high], [y.score, y.score], color=drawn["color"], linewidth=1, alpha=0.5)
                axes.plot([x.score, x.score], [y.low, y.high], color=drawn["color"], linewidth=1, alpha=0.5)
                axes.plot([x.score], [y.score], markersize=5, linestyle="", **drawn)
                aside, side = (4, "left") if x.score < middle else (-4, "right")
                axes.annotate(
                    _short(model), (x.score, y.score), (aside, 4), textcoords="offset points", ha=side, fontsize=6
                )
            axes.margins(0.15)
            axes.locator_params(nbins=5)
        for axes in plots[len(panels) :]:
            axes.set_axis_off()
        figure.supxlabel(across, fontsize=8)
        figure.supylabel(up, fontsize=8)

    return Chart(title, (2.6 * columns, 2.3 * rows), draw)


def sparkline(values: Sequence[float], low: float, high: float, title: str) -> str:
    """A curve without axes, 120 x 32, for the width of a thumbnail; ``""`` for fewer than two values.

    Args:
        values: in the order of time.
        low: value at the lower edge.
        high: value at the upper edge.
        title: what a screen reader says.
    """
    if len(values) < 2:
        return ""
    shown = values[:: math.ceil(len(values) / SPARK_POINTS)]
    heights = [(value - low) / (high - low) if high > low else 0.5 for value in shown]
    points = " ".join(f"{120 * i / (len(shown) - 1):.1f},{30 - 28 * height:.1f}" for i, height in enumerate(heights))
    return (
        f'<svg class="spark" viewBox="0 0 120 32" preserveAspectRatio="none" role="img" aria-label="{escape(title)}">'
        f'<polyline points="{points}"/></svg>'
    )


def course(values: Sequence[float], places: Sequence[float], title: str, threshold: float | None = None) -> str:
    """A curve without axes, 1000 x 100, for the width of a video.

    Args:
        values: in the order of time, at least 2.
        places: of the values, 0..1 from the first frame to the last.
        title: what a screen reader says.
        threshold: where a dashed line lies.
    """
    ends = [*values] if threshold is None else [*values, threshold]
    low, high = min(ends), max(ends)

    def height(value: float) -> float:
        return 96 - 92 * (value - low) / (high - low) if high > low else 50

    points = " ".join(f"{1000 * x:.1f},{height(value):.1f}" for x, value in zip(places, values, strict=True))
    line = ""
    if threshold is not None:
        line = f'<path class="threshold" d="M0 {height(threshold):.1f}H1000"/>'
    return (
        '<svg class="course" viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(title)}">{line}<polyline points="{points}"/></svg>'
    )


def _web(axes: Axes, spokes: Sequence[str], directions: Any, low: float, high: float) -> None:
    axes.set_axis_off()
    axes.set_xlim(-1, 1)
    axes.set_ylim(-1, 1)
    for ring in range(1, RINGS + 1):
        axes.plot(*_closed(directions * ring / RINGS).T, color=INK, linewidth=0.6, alpha=0.25, clip_on=False)
    for ring, value in ((0, low), (RINGS // 2, (low + high) / 2), (RINGS, high)):
        axes.text(0.02, ring / RINGS, f"{value:.3g}", fontsize=6, alpha=0.7, va="bottom")
    for name, (x, y) in zip(spokes, directions, strict=True):
        axes.plot([0, x], [0, y], color=INK, linewidth=0.6, alpha=0.2)
        side = "center" if abs(x) < 0.1 else "left" if x > 0 else "right"
        level = "center" if abs(y) < 0.7 else "bottom" if y > 0 else "top"
        away = 1.14 if y == 1 else 1.08
        axes.text(away * x, away * y, name.replace(" ", "\n"), ha=side, va=level, fontsize=7, linespacing=1)


def _closed(corners: Any) -> Any:
    return np.concatenate([corners, corners[:1]])


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1] + "…"
