"""Charts as SVG text that takes the colour of the page, light or dark."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vbench.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#010203"
"""Drawn colour that stands for the text colour of the page."""

STYLE: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 8,
    "grid.alpha": 0.3,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "vbench",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}

LONGEST_LABEL = 48


def curves(series: Mapping[str, Sequence[float]], label: str = "frame or pair") -> str:
    """One line per series over its index; ``""`` if there is none.

    Args:
        series: name -> values.
        label: of the horizontal axis.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    if not series:
        return ""
    with _figure(7.2, 2.4) as figure:
        axes = figure.subplots()
        for name, values in series.items():
            axes.plot(range(1, len(values) + 1), values, linewidth=1.4, label=_short(name))
        axes.set_xlabel(label)
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
        return _svg(figure)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1] + "…"


@contextmanager
def _figure(width: float, height: float) -> Iterator[Figure]:
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingExtra('Charts need matplotlib: pip install "vbench-suite[report]"') from error
    with rc_context(STYLE):
        yield Figure(figsize=(width, height), layout="constrained")


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :].replace(INK, "currentColor")
