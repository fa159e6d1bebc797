"""The arena: two videos of a prompt, nobody knows whose, and a vote."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import gradio as gr

from vbench.benchmarks.t2v import RULES
from vbench.errors import Refused
from vbench.leaderboard.arena import LEFT, RIGHT, Arena, Ballot
from vbench.leaderboard.ballot_box import TIE
from vbench.leaderboard.board import Board
from vbench.leaderboard.errors import NotAllowed, NotFound
from vbench.leaderboard.standings import Standings
from vbench.leaderboard.web.origin import demand_own_origin
from vbench.leaderboard.web.shared_limits import Limits
from vbench.leaderboard.web.ui.pages.common import FOLLOWS, QUIET, navbar, never_blank, part
from vbench.leaderboard.web.ui.render import render, title_of

HEAD = """<div class="vb"><header><h1>Arena</h1>
<p class="soft">Two videos of one prompt. Whose they are is shown when your vote is in.</p>
<p class="soft"><label><input type="checkbox" id="keys" checked> Keys</label>: <kbd>1</kbd> left, <kbd>2</kbd> right,
<kbd>0</kbd> tie, <kbd>n</kbd> next pair.</p></header></div>"""

KEYS = """
const box = element.querySelector("#keys");
box.checked = localStorage.getItem("vbench-keys") !== "off";
box.addEventListener("change", () => localStorage.setItem("vbench-keys", box.checked ? "on" : "off"));
"""
"""What the head does in the browser: it remembers whether single keys vote, which dictation sends, and slips."""

OVERALL = "Which video is better on the whole?"

SECRET = "vbench-board-voter"
"""Key under which a browser keeps its voter's name; it hides nothing."""

MINUTE = 60


def add(page: gr.Blocks, board: Board, ballots: Arena, limits: Limits) -> None:
    """Put the arena into the page that is being built."""
    navbar("Arena")
    part(HEAD, js_on_load=KEYS)
    question = gr.Dropdown(
        [(OVERALL, ""), *((f"Which is better in: {title_of(name).lower()}?", name) for name in RULES)],
        value="", label="Question", interactive=True, elem_id="question",
    )  # fmt: skip
    shown = part(js_on_load=FOLLOWS, elem_id="arena")
    with gr.Row(elem_id="votes"):
        left = gr.Button("Left (1)", elem_id="vote-left", variant="primary")
        tie = gr.Button("Tie (0)", elem_id="vote-tie")
        right = gr.Button("Right (2)", elem_id="vote-right", variant="primary")
        following = gr.Button("Next pair (n)", elem_id="next-pair")
    ranking = part(elem_id="standings")
    ballot = gr.Textbox("", visible="hidden", label="Ballot", elem_id="ballot")  # kept by the page: a server may forget
    voter = gr.BrowserState("", storage_key="vbench-voter", secret=SECRET)
    buttons = [left, tie, right]
    table = Standings(board.ballot_box)
    flood = limits.of("votes", board.settings.votes_per_minute, MINUTE)

    def drawn(dimension: str, who: str) -> list[Any]:
        name = ballots.draw(who, dimension if dimension in RULES else "")
        query = urlencode({"dimension": dimension}) if dimension in RULES else ""
        return [name or "", _ballot(ballots, name, query), *(gr.Button(interactive=bool(name)) for _ in buttons)]

    def opened(request: gr.Request, kept: str) -> list[Any]:
        dimension = request.query_params.get("dimension", "")
        dimension = dimension if dimension in RULES else ""
        who = ballots.voter(kept if isinstance(kept, str) else "")
        return [dimension, who, _standings(board, table, dimension), *drawn(dimension, who)]

    def following_pair(dimension: str, who: str) -> list[Any]:
        who = ballots.voter(who if isinstance(who, str) else "")
        return [who, _standings(board, table, dimension if dimension in RULES else ""), *drawn(dimension, who)]

    def voted(verdict: str, name: str, who: str, dimension: str, request: gr.Request) -> list[Any]:
        query = urlencode({"dimension": dimension}) if dimension in RULES else ""
        address = request.client.host if request.client else ""
        try:
            demand_own_origin(request.headers)
            if wait := flood.wait(address):
                raise Refused([f"Too many votes; come back in {wait:.0f} s."])
            done = ballots.vote(name, verdict, who)
        except (NotAllowed, NotFound, Refused) as error:
            closed = render("ballot.html", ballot=None, revealed=None, error=str(error), query=query)
            return [closed, gr.skip(), *(gr.Button(interactive=False) for _ in buttons)]
        return [
            _revealed(board, done, verdict, query), _standings(board, table, done.dimension),
            *(gr.Button(interactive=False) for _ in buttons),
        ]  # fmt: skip

    page.load(opened, voter, [question, voter, ranking, ballot, shown, *buttons], **QUIET)
    gr.on(
        [question.input, following.click], following_pair, [question, voter],
        [voter, ranking, ballot, shown, *buttons], **QUIET,
    )  # fmt: skip
    for button, verdict in ((left, LEFT), (tie, TIE), (right, RIGHT)):
        said = gr.State(verdict)
        button.click(voted, [said, ballot, voter, question], [shown, ranking, *buttons], **QUIET)


@never_blank
def _ballot(ballots: Arena, name: str | None, query: str) -> str:
    if name is None:
        return render("ballot.html", ballot=None, revealed=None, error="", query=query)
    videos = {side: f"api/arena/{address}.mp4" for side, address in ballots.addresses(name).items()}
    return render(
        "ballot.html", ballot=ballots.ballot(name), videos=videos, revealed=None, verdict="", error="", query=query
    )


@never_blank
def _revealed(board: Board, ballot: Ballot, verdict: str, query: str) -> str:
    """The same videos with their models, under their own addresses."""
    numbers = {LEFT: ballot.left, RIGHT: ballot.right}
    names = board.videos()[ballot.prompt]
    return render(
        "ballot.html",
        ballot=ballot,
        videos={side: f"api/submissions/{number}/media/{quote(names[number])}" for side, number in numbers.items()},
        revealed={side: board.submission(number).entry for side, number in numbers.items()},
        verdict=verdict,
        error="",
        query=query,
    )


@never_blank
def _standings(board: Board, table: Standings, dimension: str) -> str:
    entries = {entry.id: entry for entry in board.snapshot().entries}
    found = [standing for standing in table.of(dimension) if str(standing.number) in entries]
    shown = [(standing, entries[str(standing.number)]) for standing in found]
    return render("standings.html", standings=shown, dimension=dimension)
