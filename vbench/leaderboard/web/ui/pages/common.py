"""The pages, one a module: each has ``add``, which puts its parts into the page that is being built."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import gradio as gr
from gradio.components import Navbar

from vbench.leaderboard.errors import NotFound
from vbench.leaderboard.views.board_row import BoardRow

FOLLOWS = """
const follow = () => { const root = element.querySelector("[data-title]"); if (root) keepAddress(root); };
watch("value", follow);
follow();
"""
"""What a page's main part does in the browser: the address and the title follow it."""

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""Events of a page are no interface for programs; that is the HTTP one."""

part = partial(gr.HTML, apply_default_css=False)
"""A piece of a page that a template fills."""


def navbar() -> None:
    """The links at the top of every page."""
    Navbar(main_page_name="Board")


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
