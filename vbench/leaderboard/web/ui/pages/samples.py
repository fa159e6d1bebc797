"""Sampled videos by prompt: of one model, or of two side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import gradio as gr

from vbench.leaderboard.board import Board
from vbench.leaderboard.snapshots import Snapshot
from vbench.leaderboard.views.board_row import BoardRow
from vbench.leaderboard.web.ui.pages.common import (
    CHOSEN,
    FOLLOWS,
    QUIET,
    navbar,
    never_blank,
    once_a_change,
    part,
)  # fmt: skip
from vbench.leaderboard.web.ui.render import Model, name_of, render

MOST = 2
"""Models side by side."""

SHOWN = 60
"""Prompts of a page."""

HEAD = """<div class="vb"><header><h1>Samples by prompt</h1>
<p class="soft">The videos that came with submissions: of one model, or of two side by side, on the prompts that both
answer.</p></header></div>"""

Videos = Mapping[str, Mapping[int, str]]
"""Prompt -> submission -> name of its video."""


def add(page: gr.Blocks, board: Board) -> None:
    """Put the samples into the page that is being built."""
    navbar("Samples")
    part(HEAD)
    chosen = gr.Dropdown(
        [], multiselect=True, max_choices=MOST, label="Models", info="One, or two.", elem_id="sampled", interactive=True
    )
    shown = part(js_on_load=FOLLOWS, elem_id="samples")

    def opened(request: gr.Request) -> list[Any]:
        snapshot = board.snapshot()
        models = _models(_with_videos(snapshot), request.query_params.get("ids", "").split(","))
        shown = gr.Dropdown(choices=_choices(snapshot), value=[entry.id for entry in models])
        return [shown, _page(models, snapshot.videos)]

    def changed(names: list[str] | None) -> str:
        snapshot = board.snapshot()
        return _page(_models(_with_videos(snapshot), names or []), snapshot.videos)

    page.load(opened, None, [chosen, shown], **QUIET)
    chosen.input(changed, chosen, shown, **CHOSEN)


def samples_of(videos: Videos, numbers: Sequence[int]) -> dict[str, list[str]]:
    """Prompt -> addresses of the videos of these submissions, in their order; of prompts that all of them answer."""
    return {
        prompt: [f"api/submissions/{number}/media/{quote(found[number])}" for number in numbers]
        for prompt, found in sorted(videos.items())
        if numbers and all(number in found for number in numbers)
    }


@once_a_change
def _with_videos(snapshot: Snapshot) -> list[BoardRow]:
    """The rows that have videos."""
    there = {str(number) for found in snapshot.videos.values() for number in found}
    return [entry for entry in snapshot.entries if entry.id in there]


@once_a_change
def _choices(snapshot: Snapshot) -> list[tuple[str, str]]:
    """What is written of each of them, and its id."""
    return [(f"{name_of(entry)} · {entry.id}", entry.id) for entry in _with_videos(snapshot)]


def _models(entries: Sequence[BoardRow], names: Sequence[str]) -> list[BoardRow]:
    """The rows of these ids, at most two; unknown ones are left out."""
    known = {entry.id: entry for entry in entries}
    return [known[name] for name in dict.fromkeys(names) if name in known][:MOST]


@never_blank
def _page(entries: Sequence[BoardRow], videos: Videos) -> str:
    found = samples_of(videos, [int(entry.id) for entry in entries])
    return render(
        "samples.html",
        models=[Model(number, entry) for number, entry in enumerate(entries)],
        samples=list(found.items())[:SHOWN],
        all=len(found),
        query=urlencode({"ids": ",".join(entry.id for entry in entries)}) if entries else "",
    )
