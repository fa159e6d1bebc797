"""A model's page: its scores, radar, categories, card, settings, frames and where the figures come from."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean
from typing import Any
from urllib.parse import quote

import gradio as gr

from vbench.analysis.over_time import Drift, drifts, over_time
from vbench.benchmarks.base import Unit
from vbench.leaderboard.answers import Detail
from vbench.leaderboard.board import Board
from vbench.leaderboard.errors import NotFound
from vbench.leaderboard.submissions.model_card import SETTINGS
from vbench.leaderboard.views import citable
from vbench.leaderboard.views.board_row import FIGURE, BoardRow
from vbench.leaderboard.views.published_figures import address_of
from vbench.leaderboard.views.ranking import columns_of
from vbench.leaderboard.web.share.origin_of import origin_of
from vbench.leaderboard.web.ui.categories import by_category
from vbench.leaderboard.web.ui.pages.common import FOLLOWS, QUIET, entry_of, navbar, never_blank, part
from vbench.leaderboard.web.ui.pages.samples import samples_of
from vbench.leaderboard.web.ui.render import Model, of_benchmark, radars, render, title_of
from vbench.reports import charts
from vbench.runs.custom_plan import prompt_from_name

SAMPLES = 8
"""Videos of the page; the others are on a page of their own."""

FACTS = (
    "name",
    "version",
    "organisation",
    "access",
    "licence",
    "date",
    "sampled_by",
    "evaluated_by",
    "contact",
    "notes",
)

MORE_SETTINGS = ("parameters", "sampler", "seeds")
"""Of sampling, too; a card that does not state them lacks nothing."""


def add(page: gr.Blocks, board: Board) -> None:
    """Put the page of whichever model the address names into the page that is being built."""
    navbar("Model")
    shown = part(js_on_load=FOLLOWS, elem_id="model")

    def opened(request: gr.Request) -> str:
        scope = getattr(request.request, "scope", {})
        return _page(board, request.query_params.get("id", ""), origin_of(scope))

    page.load(opened, None, shown, **QUIET)


@dataclass(frozen=True)
class Course:
    """A dimension in the course of an entry's videos.

    Attributes:
        dimension: its name.
        seconds: middles of the clips.
        means: over the videos that have a clip there.
        drift: slope and drift, over all videos.
    """

    dimension: str
    seconds: tuple[float, ...]
    means: tuple[float, ...]
    drift: Drift

    @property
    def curve(self) -> str:
        """A small curve, as SVG."""
        room = 0.1 * (max(self.means) - min(self.means)) or 0.01
        title = f"{title_of(self.dimension)} from {self.seconds[0]:g} to {self.seconds[-1]:g} s"
        return charts.sparkline(self.means, min(self.means) - room, max(self.means) + room, title)


def courses_of(board: Board, number: int) -> list[Course]:
    """What becomes of each dimension's score over the clips of a submission; empty where whole videos are judged."""
    courses = over_time(board.rows(number))
    found: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for course in courses:
        for second, value in zip(course.seconds, course.values, strict=True):
            found[course.dimension][second].append(value)
    of_all = {drift.dimension: drift for drift in drifts(courses)}
    return [
        Course(name, tuple(sorted(clips)), tuple(fmean(clips[second]) for second in sorted(clips)), of_all[name])
        for name, clips in found.items()
    ]


@never_blank
def _page(board: Board, name: str, root: str = "") -> str:
    snapshot = board.snapshot()
    try:
        entry = entry_of(snapshot.entries, name)
    except NotFound as error:
        return render("missing.html", title="No such model", text=str(error))
    detail = None if entry.format == FIGURE else board.submission(int(entry.id))
    entry = detail.entry if detail else entry
    model, ranking = Model(0, entry), snapshot.ranking(entry.benchmark)
    column = columns_of(ranking.benchmark)[0]
    card, address = entry.card.plain(), f"{root}model?id={quote(entry.id)}"
    return render(
        "model.html",
        model=model,
        placed_by=column,
        place=ranking.place(entry, column),
        ranked=ranking.count(column),
        source_link=address_of(entry.source),
        radars=radars([model]),
        categories=by_category([model]),
        root=root,
        samples=list(samples_of(board.videos(), [int(entry.id)]).items())[:SAMPLES] if detail else [],
        frames=_frames(entry, detail) if detail else [],
        facts={key: _shown(card[key]) for key in FACTS},
        settings={key: _shown(card[key]) for key in (*SETTINGS, *MORE_SETTINGS)},
        cite=citable.block(entry, address),
        bibtex=citable.bibtex(entry, address),
        versions=_versions(board, int(entry.id)) if detail else [],
        history=detail.history if detail else (),
        archive_bytes=detail.archive_bytes if detail else 0,
        provenance=json.dumps(detail.provenance, indent=2, ensure_ascii=False) if detail and detail.provenance else "",
        benchmark=ranking.benchmark,
        courses=courses_of(board, int(entry.id)) if detail and ranking.benchmark.unit is Unit.CLIP else [],
        **of_benchmark(entry.benchmark),
    )


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _versions(board: Board, number: int) -> list[dict[str, Any]]:
    """Every card that a submission had, with what each changed of the one before: field -> both."""
    shown: list[dict[str, Any]] = []
    for edited in board.cards(number):
        card = {name: _shown(value) for name, value in edited.card.plain().items()}
        before = shown[-1]["card"] if shown else card
        changes = {name: (before[name], value) for name, value in card.items() if before[name] != value}
        shown.append({"number": edited.version, "at": edited.at, "by": edited.by, "card": card, "changes": changes})
    return shown


def _frames(entry: BoardRow, detail: Detail) -> list[dict[str, Any]]:
    """Addresses and captions of the sample frames."""
    address = f"api/submissions/{entry.id}/media/"
    return [
        {"address": address + quote(name), "caption": prompt_from_name(name.removeprefix("frames/"))}
        for name in detail.frames
    ]
