"""The pages, one a module: each has ``add``, which puts its parts into the page that is being built."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

import gradio as gr
from gradio.components import Navbar

from vbench.errors import VBenchError
from vbench.leaderboard.errors import NotFound
from vbench.leaderboard.snapshots import Snapshot
from vbench.leaderboard.views.board_row import BoardRow
from vbench.leaderboard.web.ui.render import render, template

log = logging.getLogger("vbench.board")

P = ParamSpec("P")

T = TypeVar("T")

FOLLOWS = """
const follow = () => { const root = element.querySelector("[data-title]"); if (root) keepAddress(root); say(element); };
watch("value", follow);
follow();
"""
"""What a part does in the browser: the address and the title follow it, and what it says is read out."""

PAGES = {
    "Board": "./",
    "Trade-offs": "trade-off",
    "Compositionality": "compositionality",
    "Potential": "potential",
    "Compare": "compare",
    "Arena": "arena",
    "Submit": "submit",
    "Queue": "queue",
}
"""The pages of the site -> their addresses, from each of them."""

DESCRIPTION = "Video generation models, scored from their videos: benchmarks, intervals, comparisons, an arena."

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""Events of a page are no interface for programs; that is the HTTP one."""

CHOSEN: dict[str, Any] = {**QUIET, "preprocess": False, "trigger_mode": "always_last"}
"""The same of a choice of models. Gradio would hold it against what this page was offered, which a server forgets that
was started again or has had many visitors since; the pages themselves leave out what they do not know."""

part = partial(gr.HTML, apply_default_css=False)
"""A piece of a page that a template fills."""


def once_a_change(make: Callable[[Snapshot], T]) -> Callable[[Snapshot], T]:
    """What is made of a snapshot of the board, made once for all visitors of the newest one."""
    last: list[tuple[Snapshot, T]] = []

    @wraps(make)
    def made(snapshot: Snapshot) -> T:
        if not last or last[0][0] is not snapshot:
            last[:] = [(snapshot, make(snapshot))]
        return last[0][1]

    return made


def never_blank(page: Callable[P, str]) -> Callable[P, str]:
    """A page that says so where it cannot be made, for a fault of ours; the log has the traceback."""

    @wraps(page)
    def made(*args: P.args, **kwargs: P.kwargs) -> str:
        try:
            return page(*args, **kwargs)
        except VBenchError:
            raise
        except Exception:
            log.exception("a page could not be made")
            text = "It is a fault of this site, and its log says which. Everything else works."
            return render("missing.html", title="This page cannot be shown", text=text)

    return made


def document(here: str, title: str, body: str) -> str:
    """A page that is a plain document, with the links at its top.

    Args:
        here: which of the pages it is.
        title: of the document.
        body: what it shows, as HTML.
    """
    return render(
        "document.html",
        pages=PAGES,
        here=here,
        title=title,
        description=DESCRIPTION,
        style=template("look.css"),
        script=template("look.js"),
        body=body,
    )


def navbar(here: str) -> None:
    """The same links at the top of a page of Gradio's, in place of its own."""
    Navbar(visible=False)
    part(render("nav.html", pages=PAGES, here=here))


def entry_of(entries: Sequence[BoardRow], name: str) -> BoardRow:
    """A row by its id, of the board.

    Raises:
        NotFound: there is none.
    """
    for entry in entries:
        if entry.id == name:
            return entry
    raise NotFound(f"There is no entry {name!r:.60}.")


def number_of(name: str) -> int:
    """The number of a submission that somebody typed.

    Raises:
        NotFound: no submission could have it.
    """
    name = name.strip()
    if not (name.isascii() and name.isdecimal() and len(name) < 10):
        raise NotFound(f"There is no submission {name!r:.60}.")
    return int(name)
