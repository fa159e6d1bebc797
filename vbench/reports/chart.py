"""One chart: SVG text within a page, or a picture for a paper (PNG, SVG, PDF).

In a page the ink is the page's text colour, and the runs have colours that colour-blind readers tell apart: the CSS
variables ``--run-1``, ``--run-2``, ... where the page defines them, so that a dark page can lighten them, and those of
Okabe and Ito ("Color Universal Design", 2008) where it does not. In a picture ink is black and the runs are named.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench.errors import MissingExtra, UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#010203"
"""Drawn colour that stands for the text colour of the page."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#aa3377", "#56b4e9", "#8a6d00")
MARKS = ("o", "s", "D", "^")

STYLE: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.prop_cycle": f"cycler('color', {list(COLOURS)})",
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 8,
    "grid.alpha": 0.15,
    "grid.color": INK,
    "grid.linewidth": 0.6,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "xtick.major.size": 0,
    "ytick.color": INK,
    "ytick.major.size": 0,
}

UNDATED = {
    "png": {"Software": None},
    "svg": dict.fromkeys(("Creator", "Date", "Format", "Type")),
    "pdf": dict.fromkeys(("Creator", "Producer", "CreationDate")),
}
"""Kinds of pictures -> what matplotlib would write into them, left out: the same chart gives the same bytes."""

_ENDINGS = ", ".join(f".{kind}" for kind in UNDATED)

DOTS_PER_INCH = 300


@dataclass(frozen=True)
class Chart:
    """What is drawn when it is wanted.

    Attributes:
        title: what a screen reader says.
        size: width and height in inches.
        draw: puts it into a figure.
    """

    title: str
    size: tuple[float, float]
    draw: Callable[[Figure], None]

    def svg(self) -> str:
        """An element of a page: it has a name, the page's font and colours, and no rules of its own.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        with self._figure() as figure:
            drawn = _saved(figure, "svg", transparent=True).decode()
        drawn = re.sub(r"<style.*?</style>", "", drawn, flags=re.DOTALL)
        drawn = re.sub(r"<g id=\"[^\"]*\"", "<g", drawn)
        drawn = re.sub(r"font-family: [^;\"]*", "font-family: inherit", drawn)
        drawn = re.sub(r" transform=\"rotate\(-0 [^)]*\)\"|\n *", lambda found: " " if "\n" in found[0] else "", drawn)
        for number, own in enumerate(COLOURS, 1):
            drawn = drawn.replace(own, f"var(--run-{number}, {own})")
        drawn = drawn[drawn.index("<svg") + len("<svg") :].replace(INK, "currentColor")
        return f'<svg role="img" aria-label="{escape(self.title)}" stroke-linejoin="round"{drawn}'

    def __html__(self) -> str:
        """For templates that escape: it is markup already."""
        return self.svg()

    def picture(self, kind: str, names: Sequence[str] = ()) -> bytes:
        """A file of its own.

        Args:
            kind: ``png`` (300 dots per inch), ``svg`` or ``pdf``.
            names: of the runs, for a legend below the chart; one run needs none.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        with self._figure() as figure:
            if len(names) > 1:
                columns = min(3, len(names))
                figure.legend(handles=_key(names), loc="upper center", bbox_to_anchor=(0.5, 0), ncols=columns)
            return _saved(figure, kind, bbox_inches="tight", dpi=DOTS_PER_INCH)

    @contextmanager
    def _figure(self) -> Iterator[Figure]:
        try:
            from matplotlib import rc_context
            from matplotlib.figure import Figure
        except ModuleNotFoundError as error:
            raise MissingExtra('Charts need matplotlib: pip install "vbench-suite[report]"') from error
        with rc_context({**STYLE, "svg.hashsalt": self.title}):
            figure = Figure(figsize=self.size)
            self.draw(figure)
            yield figure


def kind_of(path: Path) -> str:
    """The kind of picture that a file's name asks for.

    Raises:
        UsageError: it asks for none that can be drawn.
    """
    kind = path.suffix[1:].lower()
    if kind not in UNDATED:
        raise UsageError(f"{path} does not say what picture it shall be: expected a name that ends in {_ENDINGS}.")
    return kind


def look(number: int) -> dict[str, Any]:
    """Colour and mark of a run in every chart, for matplotlib."""
    return {"color": colour(number), "marker": MARKS[number % len(MARKS)]}


def colour(number: int) -> str:
    """Colour of a run in every chart."""
    return COLOURS[number % len(COLOURS)]


def _key(names: Sequence[str]) -> list[Any]:
    from matplotlib.lines import Line2D

    line: dict[str, Any] = {"linewidth": 1.4, "markersize": 4}
    return [Line2D([], [], label=name, **line, **look(number)) for number, name in enumerate(names)]


def _saved(figure: Figure, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format=kind, metadata=UNDATED[kind], **options)
    return content.getvalue()
