"""Votes as a browser sends them, to a real server: from the board's own page they count, from elsewhere they do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.footage import noise, write_video
from tests.leaderboard.archives import archive, rows, with_videos
from tests.leaderboard.conftest import Serve
from tests.leaderboard.web.tab import Tab
from vbench.leaderboard.board import Board
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.web.api import create_app
from vbench.leaderboard.web.ui import mount

pytestmark = pytest.mark.slow


@pytest.fixture
def board(tmp_path: Path) -> Board:
    made = Board(Settings(database=f"sqlite:///{tmp_path}/board.sqlite", suite="mini"))
    for seed in (1, 2):
        video = write_video(tmp_path / "v.mp4", noise(4)).read_bytes() + bytes([seed])
        content = with_videos(archive(tmp_path, seed, f"Model {seed}"), {rows()[0].video: video})
        made.submit(content, local=True)
    return made


def test_votes_count_from_the_boards_own_page_only(board: Board, serve: Serve, tmp_path: Path) -> None:
    server = serve(f"sqlite:///{tmp_path}/board.sqlite")
    tab = Tab(server)
    elsewhere = {"origin": "https://evil.example.org"}
    hidden = {"sec-fetch-site": "cross-site"}
    for headers, counted in ((elsewhere, 0), (hidden, 0), ({"origin": server.url}, 1)):
        voter, _, ballot, *_ = tab.click("next-pair", ["", ""], origin=server.url)
        try:
            told = json.dumps(tab.click("vote-left", [None, ballot, voter, ""], **headers))
        except httpx.HTTPStatusError as error:
            assert error.response.status_code in (400, 403)  # the server need not even ask the arena
            told = ""
        assert ("Your vote is counted" in told) == bool(counted)
        assert len(board.ballot_box.cast()) == counted
    board.close()


def test_a_page_works_on_where_its_server_has_forgotten_it(board: Board, serve: Serve, tmp_path: Path) -> None:
    before = serve(f"sqlite:///{tmp_path}/board.sqlite")
    voter, _, ballot, *_ = Tab(before).click("next-pair", ["", ""], origin=before.url)
    before.kill()
    after = serve(f"sqlite:///{tmp_path}/board.sqlite")
    told = Tab(after).click("vote-left", [None, ballot, voter, ""], origin=after.url)
    assert "Your vote is counted" in json.dumps(told)
    assert len(board.ballot_box.cast()) == 1
    for chooser in ("chosen", "sampled"):
        (shown,) = Tab(after, chooser).event(chooser, "input", [["1", "2", "gone"]], origin=after.url)
        assert "Model 1" in shown
        assert "Model 2" in shown
    board.close()


def test_the_server_remembers_few_pages(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mount, "OPEN_PAGES", 3)
    app = create_app(board.settings)
    mount.mount(app, app.state.board, app.state.desk)
    (holder,) = {id(found): found for found in map(_sessions, app.routes) if found}.values()
    for number in range(10):
        assert holder[f"tab{number}"]
    assert len(holder.session_data) == 3
    app.state.desk.close()
    app.state.board.close()
    board.close()


def _sessions(route: Any) -> Any:
    """What Gradio remembers of open pages, where a route leads to its application."""
    return getattr(getattr(route, "app", None), "state_holder", None)
