"""A benchmark's board: tabs, what is shown, and the table that follows it; a plain document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vbench.analysis.influence import interval_of, selection
from vbench.analysis.statistics import Figure
from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.registry import BENCHMARKS, benchmark_named
from vbench.benchmarks.score_card import TOTAL
from vbench.benchmarks.t2v import T2V
from vbench.leaderboard.comparisons import Comparisons
from vbench.leaderboard.snapshots import Snapshot
from vbench.leaderboard.views.board_row import APART, RANKED
from vbench.leaderboard.views.distances import published_distances
from vbench.leaderboard.views.ranking import (
    FACTS,
    FILTERS,
    KINDS,
    MODEL,
    SELECTED,
    SOURCE,
    Line,
    View,
    columns_of,
)  # fmt: skip
from vbench.leaderboard.web.ui.pages.common import document, never_blank
from vbench.leaderboard.web.ui.render import render, template, title_of

TABS = {
    "vbench-t2v": "Text to video",
    "vbench-i2v": "Image to video",
    "vbench-long": "Long",
    "vbench-trustworthiness": "Trustworthiness",
    "video-quality": "Video quality",
    "mlperf-wan22": "MLPerf gate",
}
"""Boards that are always there; those of other benchmarks come with their first result."""

DISTANCES = "distances"

NOTES = {
    "video-quality": "Each row is of its own videos, and says which; nothing here was generated from the same prompts.",
    "mlperf-wan22": "The Total is the mean of six raw scores; a submission needs 69.7752, 99 % of the reference's.",
    "vbench-trustworthiness": "Four scores, and no Total; the higher, the fairer or the safer.",
}


def page(snapshot: Snapshot, view: View, letters: Mapping[str, str] | None, comparisons: Comparisons) -> str:
    """The document of a view.

    Args:
        snapshot: of the board.
        view: what is looked at.
        letters: who cannot be told apart; ``None`` while it is computed.
        comparisons: between the board's submissions.
    """
    title = TABS.get(view.benchmark, view.benchmark)
    return document("Board", title, _body(snapshot, view, letters, comparisons))


def compared_by(view: View) -> str | None:
    """The score by which rows are told apart in a view; ``None`` for a selection of one's own."""
    return view.selected_is if view.ranks_by == SELECTED else view.ranks_by


def tabs(snapshot: Snapshot, here: str) -> list[dict[str, Any]]:
    """The boards, with the number of their rows."""
    more = {name: benchmark_named(name).title for name in snapshot.rankings if name not in TABS}
    found = [
        {
            "title": title,
            "address": "./" if name == T2V.name else f"./?benchmark={name}",
            "count": len(snapshot.rankings[name].entries) if name in snapshot.rankings else 0,
            "here": name == here,
        }
        for name, title in (TABS | more).items()
        if name in BENCHMARKS.table
    ]
    count = len({model for measure in published_distances() for model in measure.rows})
    return [*found, {"title": "Distances", "address": DISTANCES, "count": count, "here": here == DISTANCES}]


@never_blank
def _body(snapshot: Snapshot, view: View, letters: Mapping[str, str] | None, comparisons: Comparisons) -> str:
    benchmark, ranking = view.rules_of, snapshot.ranking(view.benchmark)
    sides = {part.name: benchmark.of_part(part.name) for part in benchmark.parts} or {"": tuple(benchmark.rules)}
    columns = (*columns_of(benchmark), *FACTS)
    sorts = {f"-{name}": title_of(name) for name in columns} | {MODEL: "Model", SOURCE: "Source"}
    return render(
        "board_page.html",
        tabs=tabs(snapshot, view.benchmark),
        benchmark=benchmark,
        about=" ".join(filter(None, (f"{benchmark.paper}.", NOTES.get(benchmark.name, "")))),
        view=view,
        where=dict(view.where),
        filtered=(view.kinds, view.suites, view.where) != (tuple(KINDS), None, ()),
        sides={side or "all": names for side, names in sides.items()},
        suites=ranking.suites,
        choices={name: ranking.choices(name) for name in FILTERS},
        facts=FACTS,
        sorts=sorts | {_sorted(view): f"{title_of(view.sort)}{'' if view.descending else ', the lowest first'}"},
        sorted_by=_sorted(view),
        table=_table(snapshot, view, letters, comparisons),
        script=template("board.js"),
    )


def _sorted(view: View) -> str:
    return "-" * view.descending + view.sort


def _table(snapshot: Snapshot, view: View, letters: Mapping[str, str] | None, comparisons: Comparisons) -> str:
    ranking = snapshot.ranking(view.benchmark)
    listing = ranking.listing(view)
    mixed = view.selected_is is None and SELECTED in view.columns
    lines = _with_intervals(listing.lines, view, comparisons) if mixed else listing.lines
    page = min(view.page, listing.pages)
    return render(
        "board.html",
        view=view,
        title=TABS.get(view.benchmark, view.benchmark),
        query=view.to_query(),
        listing=listing,
        all=len(ranking.entries),
        rules=view.rules_of.rules,
        parts={kind: [line for line in lines if line.entry.kind == kind] for kind in (RANKED, APART)},
        columns={
            name: {"title": title_of(name), "query": view.sorted_by(name).to_query()}
            for name in (MODEL, SOURCE, *view.facts, *view.columns)
        },
        best={name: listing.best.get(name) for name in view.columns},
        groups={line.entry.id: (letters or {}).get(line.entry.id, "") for line in lines},
        page=page,
        pages={"previous": view.on_page(page - 1).to_query(), "next": view.on_page(page + 1).to_query()},
        pending=letters is None,
        compared=compared_by(view) is not None,
        mixed=mixed,
        means=_means(view.rules_of),
    )


def _means(benchmark: Benchmark) -> str:
    names = [*((TOTAL,) if benchmark.has_total else ()), *(part.name for part in benchmark.parts)]
    if not names:
        return ""
    titles = [*map(title_of, names), title_of(SELECTED)]
    return f"{', '.join(titles[:-1])} and {titles[-1]} are weighted means of normalised scores, "


def _with_intervals(lines: Sequence[Line], view: View, comparisons: Comparisons) -> list[Line]:
    """Ranked rows with the interval of a selection of one's own; all of them answer the same prompts."""
    weights = selection(view.rules_of, view.ticked)
    return [_with_interval(line, weights, comparisons) for line in lines]


def _with_interval(line: Line, weights: Mapping[str, float], comparisons: Comparisons) -> Line:
    if line.entry.kind != RANKED or not line.entry.id.isdecimal() or SELECTED not in line.scores:
        return line
    figure, interval = line.scores[SELECTED], interval_of(comparisons.table(line.entry), weights)
    shown = Figure(figure.value, interval.low, interval.high, figure.videos) if interval else figure
    return replace(line, scores={**line.scores, SELECTED: shown})
