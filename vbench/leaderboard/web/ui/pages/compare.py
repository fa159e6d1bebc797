"""Two to six models side by side: radar, dimensions, categories, and their differences with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from vbench.analysis.statistics import Figure, PairedDifference
from vbench.benchmarks.registry import benchmark_named
from vbench.leaderboard.board import Board
from vbench.leaderboard.comparisons import Comparisons
from vbench.leaderboard.errors import NotFound
from vbench.leaderboard.snapshots import Snapshot
from vbench.leaderboard.views.board_row import BoardRow
from vbench.leaderboard.web.ui.categories import by_category
from vbench.leaderboard.web.ui.pages.common import (
    CHOSEN,
    FOLLOWS,
    QUIET,
    entry_of,
    navbar,
    never_blank,
    once_a_change,
    part,
)  # fmt: skip
from vbench.leaderboard.web.ui.pages.samples import Videos
from vbench.leaderboard.web.ui.render import Model, name_of, of_benchmark, radars, render, wholes_of

MOST = 6

HEAD = """<div class="vb"><header><h1>Compare models</h1></header></div>"""


@dataclass(frozen=True)
class Difference:
    """A score of two models.

    Attributes:
        first: the yardstick's.
        second: the other's.
        figure: the change and its interval, if it is paired.
        paired: ``None`` where scores per video are not known.
    """

    first: float
    second: float
    figure: Figure
    paired: PairedDifference | None


@dataclass(frozen=True)
class Change:
    """A model against the first.

    Attributes:
        model: which.
        rows: differences by score.
        paired: whether any is over the videos of shared prompts.
        limit: the plot goes from minus this to this.
        samples: on how many prompts both came with a video.
    """

    model: Model
    rows: Mapping[str, Difference]
    paired: bool
    limit: float
    samples: int


def add(page: gr.Blocks, board: Board, comparisons: Comparisons) -> None:
    """Put the comparison into the page that is being built."""
    navbar("Compare")
    part(HEAD)
    chosen = gr.Dropdown(
        [], multiselect=True, max_choices=MOST, label="Models", info="Two to six; the first is the yardstick.",
        elem_id="chosen", interactive=True,
    )  # fmt: skip
    shown = part(js_on_load=FOLLOWS, elem_id="compare")

    def opened(request: gr.Request) -> list[Any]:
        snapshot = board.snapshot()
        models = _models(snapshot.entries, request.query_params.get("ids", "").split(","))
        return [
            gr.Dropdown(choices=_choices(snapshot), value=[entry.id for entry in models]),
            _page(board.with_categories(models), comparisons, board.videos()),
        ]

    def changed(names: list[str] | None) -> str:
        entries = board.with_categories(_models(board.snapshot().entries, names or []))
        return _page(entries, comparisons, board.videos())

    page.load(opened, None, [chosen, shown], **QUIET)
    chosen.input(changed, chosen, shown, **CHOSEN)


def _models(entries: Sequence[BoardRow], names: Sequence[str]) -> list[BoardRow]:
    """The rows of that name, at most as many as are compared; unknown ones are left out."""
    found = []
    for name in dict.fromkeys(names):
        try:
            found.append(entry_of(entries, name))
        except NotFound:
            continue
    return found[:MOST]


@once_a_change
def _choices(snapshot: Snapshot) -> list[tuple[str, str]]:
    """What is written of each row, and its id."""
    return [(f"{name_of(entry)} · {entry.suite}, {entry.profile} · {entry.id}", entry.id) for entry in snapshot.entries]


@never_blank
def _page(entries: Sequence[BoardRow], comparisons: Comparisons, videos: Videos) -> str:
    models = [Model(number, entry) for number, entry in enumerate(entries)]
    return render(
        "compare.html",
        models=models,
        query=urlencode({"ids": ",".join(entry.id for entry in entries)}) if entries else "",
        objections=list(_objections(entries)),
        radars=radars(models) if len(models) > 1 else {},
        changes=[_change(models[0], model, comparisons, videos) for model in models[1:]],
        categories=by_category(models),
        **(of_benchmark(models[0].entry.benchmark) if models else {}),
    )


def _objections(entries: Sequence[BoardRow]) -> list[str]:
    """Why the models should not be compared."""
    kinds = {
        "benchmarks": {entry.benchmark for entry in entries},
        "prompt suites": {entry.suite for entry in entries},
        "profiles": {entry.profile for entry in entries},
    }
    different = [
        f"These scores are of different {what} ({', '.join(sorted(names))}) and do not compare."
        for what, names in kinds.items()
        if len(names) > 1
    ]
    shared = set.intersection(*({*entry.apart} for entry in entries)) if entries else set()
    alone = [(name_of(entry), reason) for entry in entries for reason in entry.apart if reason not in shared]
    return different + [f"{name} stands apart from the others. {reason}" for name, reason in alone]


def _change(first: Model, model: Model, comparisons: Comparisons, videos: Videos) -> Change:
    one, two = first.entry, model.entry
    alike = (one.benchmark, one.suite, one.profile) == (two.benchmark, two.suite, two.profile)
    paired = comparisons.between(one, two) if alike else {}
    benchmark = benchmark_named(one.benchmark)
    rows = {
        name: _difference(one.scores[name], two.scores[name], paired.get(name))
        for name in (*wholes_of(benchmark), *benchmark.rules)
        if name in one.scores and name in two.scores
    }
    ends = [end for row in rows.values() for end in (row.figure.value, row.figure.low, row.figure.high)]
    limit = max((abs(end) for end in ends if end is not None), default=0.0) or 1.0
    filmed = [{str(number) for number in found} for found in videos.values()]
    return Change(model, rows, bool(paired), limit, sum({one.id, two.id} <= there for there in filmed))


def _difference(first: Figure, second: Figure, paired: PairedDifference | None) -> Difference:
    if paired is None:
        return Difference(first.value, second.value, Figure(second.value - first.value), None)
    figure = Figure(paired.change, paired.low, paired.high)
    return Difference(paired.first, paired.second, figure, paired)
