"""A page of Gradio's without a browser: its events, sent as its scripts send them."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.leaderboard.conftest import Server


class Tab:
    """A page that is open.

    Args:
        server: that it was loaded from, and asks.
        session: the name by which Gradio knows it.
    """

    def __init__(self, server: Server, session: str = "tab") -> None:
        self.http = httpx.Client(base_url=server.url, timeout=60)
        self.session = session
        self.config = self.http.get("/config").json()
        self.ids = {part["props"].get("elem_id"): part["id"] for part in self.config["components"]}

    def click(self, button: str, data: list[Any], **headers: str) -> list[Any]:
        """What the page is told when a button is clicked; ``data`` stands for its inputs."""
        return self.event(button, "click", data, **headers)

    def event(self, part: str, what: str, data: list[Any], **headers: str) -> list[Any]:
        """The same of any event of a part of the page."""
        (event,) = (one["id"] for one in self.config["dependencies"] if [self.ids[part], what] in one["targets"])
        asked = {"data": data, "fn_index": event, "session_hash": self.session, "trigger_id": self.ids[part]}
        self.http.post("/gradio_api/queue/join", json=asked, headers=headers).raise_for_status()
        with self.http.stream("GET", f"/gradio_api/queue/data?session_hash={self.session}") as stream:
            for line in stream.iter_lines():
                told = json.loads(line.removeprefix("data: ") or "{}") if line else {}
                if told.get("msg") == "process_completed":
                    found: list[Any] = told["output"].get("data", [])
                    return found
        raise AssertionError("the server said nothing")
