"""Votes as a browser sends them, to a real server: from the board's own page they count, from elsewhere they do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.footage import noise, write_video
from tests.leaderboard.archives import archive, rows, with_videos
from tests.leaderboard.conftest import Serve, Server
from vbench.leaderboard.board import Board
from vbench.leaderboard.settings import Settings

pytestmark = pytest.mark.slow


class Tab:
    """The events of the arena's page, sent as its scripts send them."""

    def __init__(self, server: Server) -> None:
        self.http = httpx.Client(base_url=server.url, timeout=60)
        self.config = self.http.get("/config").json()
        self.ids = {part["props"].get("elem_id"): part["id"] for part in self.config["components"]}

    def click(self, button: str, data: list[Any], **headers: str) -> list[Any]:
        """What the page is told when a button is clicked; ``data`` stands for its inputs."""
        (event,) = (one["id"] for one in self.config["dependencies"] if [self.ids[button], "click"] in one["targets"])
        asked = {"data": data, "fn_index": event, "session_hash": "tab", "trigger_id": self.ids[button]}
        self.http.post("/gradio_api/queue/join", json=asked, headers=headers).raise_for_status()
        with self.http.stream("GET", "/gradio_api/queue/data?session_hash=tab") as stream:
            for line in stream.iter_lines():
                told = json.loads(line.removeprefix("data: ") or "{}") if line else {}
                if told.get("msg") == "process_completed":
                    found: list[Any] = told["output"].get("data", [])
                    return found
        raise AssertionError("the server said nothing")


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
        voter, *_ = tab.click("next-pair", ["", ""], origin=server.url)
        try:
            told = json.dumps(tab.click("vote-left", [None, None, voter, ""], **headers))
        except httpx.HTTPStatusError as error:
            assert error.response.status_code in (400, 403)  # the server need not even ask the arena
            told = ""
        assert ("Your vote is counted" in told) == bool(counted)
        assert len(board.ballot_box.cast()) == counted
    board.close()
