"""The board: tick boxes, search, filters, and the table that follows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from vbench.benchmarks.t2v import QUALITY, RULES, SEMANTIC
from vbench.leaderboard.board import Board
from vbench.leaderboard.comparisons import Comparisons
from vbench.leaderboard.views.board_row import APART, RANKED, BoardRow
from vbench.leaderboard.views.ranking import KINDS, MODEL, SCORES, SELECTED, SOURCE, View, rows, side_of
from vbench.leaderboard.web.ui.pages.common import FOLLOWS, QUIET, navbar, never_blank, part
from vbench.leaderboard.web.ui.render import render, title_of

HEAD = """<div class="vb"><header><h1>VBench leaderboard</h1>
<p class="soft">Video generation models on sixteen dimensions. What is submitted is scored here, from the scores
of its videos; published figures stand beside it.</p>
</header></div>"""

TABLE = (
    FOLLOWS
    + """
const chosen = new Set();
const show = () => {
  for (const box of element.querySelectorAll("tbody input")) box.checked = chosen.has(box.value);
  const link = element.querySelector("[data-compare]"), ids = [...chosen].map(encodeURIComponent);
  if (!link) return;
  link.href = "compare" + (ids.length ? "?ids=" + ids.join(",") : "");
  link.textContent = ids.length > 6 ? "Compare the first six" : ids.length ? `Compare ${ids.length}` : "Compare";
};
element.addEventListener("change", event => {
  chosen[event.target.checked ? "add" : "delete"](event.target.value);
  show();
});
element.addEventListener("click", event => {
  const link = event.target.closest("a[data-sort]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  trigger("sort", {column: link.dataset.sort});
});
watch("value", show);
show();
"""
)


def add(page: gr.Blocks, board: Board, comparisons: Comparisons) -> None:
    """Put the board into the page that is being built."""
    navbar()
    part(HEAD)
    with gr.Row(elem_id="ticks", equal_height=True):
        ticks = [
            gr.CheckboxGroup(
                [(title_of(name), name) for name in side_of(side)],
                value=list(side_of(side)),
                label=f"{title_of(side)} dimensions",
                show_select_all=True,
                interactive=True,
                elem_id=f"tick-{side}",
            )
            for side in (QUALITY, SEMANTIC)
        ]
    with gr.Row(elem_id="filters", equal_height=True):
        search = gr.Textbox(label="Search", placeholder="model, organisation, who evaluated, ...", elem_id="search")
        kinds = gr.CheckboxGroup(
            [(title, kind) for kind, title in KINDS.items()], value=list(KINDS), label="Kinds of entry", elem_id="kinds"
        )
        suites = gr.CheckboxGroup([], label="Prompt suites", elem_id="suites")
    order = gr.State((View.sort, View.descending))
    table = part(js_on_load=TABLE, elem_id="board")
    controls = [*ticks, search, kinds, suites, order]

    def opened(request: gr.Request) -> list[Any]:
        entries = board.entries()
        view = View.from_query(str(request.query_params))
        there = _suites(entries)
        named = there if view.suites is None else [name for name in there if name in view.suites]
        sides = [[name for name in view.ticked if RULES[name].part == side] for side in (QUALITY, SEMANTIC)]
        return [
            *sides, view.search, list(view.kinds), gr.CheckboxGroup(choices=there, value=named),
            (view.sort, view.descending), _table(entries, comparisons, view),
        ]  # fmt: skip

    def changed(*values: Any) -> str:
        entries = board.entries()
        return _table(entries, comparisons, _view(entries, *values))

    def sorted_by(event: gr.EventData, *values: Any) -> list[Any]:
        column = str(event._data.get("column"))
        entries = board.entries()
        view = _view(entries, *values)
        if column in (MODEL, SOURCE, *view.columns):
            view = view.sorted_by(column)
        return [(view.sort, view.descending), _table(entries, comparisons, view)]

    page.load(opened, None, [*controls, table], **QUIET)
    gr.on(
        [*(group.input for group in (*ticks, kinds, suites)), search.change],
        changed, controls, table, trigger_mode="always_last", **QUIET,
    )  # fmt: skip
    table.sort(sorted_by, controls, [order, table], **QUIET)


def _view(
    entries: Sequence[BoardRow],
    quality: list[str],
    semantic: list[str],
    search: str,
    kinds: list[str],
    suites: list[str],
    order: tuple[str, bool],
) -> View:
    """The view that the controls show."""
    named = {*quality, *semantic}
    column, descending = order
    view = View(
        ticked=tuple(name for name in RULES if name in named),
        search=search.strip()[:200],
        kinds=tuple(kind for kind in KINDS if kind in kinds),
        suites=None if set(suites) >= set(_suites(entries)) else tuple(suites),
    )
    known = column in (MODEL, SOURCE, *view.columns)
    return replace(view, sort=column, descending=descending) if known else view


def _suites(entries: Sequence[BoardRow]) -> list[str]:
    return sorted({entry.suite for entry in entries})


@never_blank
def _table(entries: Sequence[BoardRow], comparisons: Comparisons, view: View) -> str:
    lines = rows(entries, view)
    column = view.selected_is if view.ranks_by == SELECTED else view.ranks_by
    groups = comparisons.groups(entries, column) if column else {}
    ranked = [line for line in rows(entries, replace(view, search="")) if line.entry.kind == RANKED]
    best = {
        name: max((line.scores[name].value for line in ranked if name in line.scores), default=None) for name in SCORES
    }
    columns = {
        name: {"title": title_of(name), "query": view.sorted_by(name).to_query()}
        for name in (MODEL, SOURCE, *view.columns)
    }
    return render(
        "board.html",
        view=view,
        query=view.to_query(),
        lines=lines,
        all=len(entries),
        parts={kind: [line for line in lines if line.entry.kind == kind] for kind in (RANKED, APART)},
        columns=columns,
        best=best,
        groups={line.entry.id: (groups or {}).get(line.entry.id, "") for line in lines},
        pending=groups is None,
        compared=column is not None,
    )
