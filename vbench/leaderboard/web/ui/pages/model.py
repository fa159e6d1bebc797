"""A model's page: its scores, radar, categories, card, settings, frames and where the figures come from."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import gradio as gr

from vbench.leaderboard.board import Board, Detail
from vbench.leaderboard.errors import NotFound
from vbench.leaderboard.submissions.model_card import SETTINGS
from vbench.leaderboard.views.board_row import FIGURE, RANKED, BoardRow
from vbench.leaderboard.views.ranking import View, rows
from vbench.leaderboard.web.share.origin_of import origin_of
from vbench.leaderboard.web.ui.categories import by_category
from vbench.leaderboard.web.ui.pages.common import FOLLOWS, QUIET, entry_of, navbar, never_blank, part
from vbench.leaderboard.web.ui.pages.samples import samples_of
from vbench.leaderboard.web.ui.render import Model, radars, render
from vbench.runs.plan import prompt_from_name

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


def add(page: gr.Blocks, board: Board) -> None:
    """Put the page of whichever model the address names into the page that is being built."""
    navbar()
    shown = part(js_on_load=FOLLOWS, elem_id="model")

    def opened(request: gr.Request) -> str:
        scope = getattr(request.request, "scope", {})
        return _page(board, request.query_params.get("id", ""), origin_of(scope))

    page.load(opened, None, shown, **QUIET)


@never_blank
def _page(board: Board, name: str, root: str = "") -> str:
    entries = board.entries()
    try:
        entry = entry_of(entries, name)
    except NotFound as error:
        return render("missing.html", title="No such model", text=str(error))
    detail = None if entry.format == FIGURE else board.submission(int(entry.id))
    model = Model(0, entry)
    ranked = [line for line in rows(entries, View()) if line.entry.kind == RANKED]
    card = entry.card.plain()
    return render(
        "model.html",
        model=model,
        place=next((line.place for line in ranked if line.entry.id == entry.id), None),
        ranked=len([line for line in ranked if line.place]),
        radars=radars([model]),
        categories=by_category([model]),
        root=root,
        samples=list(samples_of(board.videos(), [int(entry.id)]).items())[:SAMPLES] if detail else [],
        frames=_frames(entry, detail) if detail else [],
        facts={key: _shown(card[key]) for key in FACTS},
        settings={key: _shown(card[key]) for key in SETTINGS},
        versions=_versions(board, int(entry.id)) if detail else [],
        history=detail.history if detail else (),
        archive_bytes=detail.archive_bytes if detail else 0,
        provenance=json.dumps(detail.provenance, indent=2, ensure_ascii=False) if detail and detail.provenance else "",
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
