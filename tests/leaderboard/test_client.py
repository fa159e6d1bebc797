"""What stands between a sender and a board: proxies with words of their own, and those that the environment names."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from vbench.leaderboard.client import BoardError, submit

SECRET = "a-token-that-only-the-board-may-read"


class Between(http.server.BaseHTTPRequestHandler):
    """Answers in the place of a board."""

    status, body, sent = 200, b"", {"Content-Type": "text/html"}
    heard: list[str] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append(f"{self.path} {self.headers.get('Authorization')}")
        self.send_response(self.status)
        for name, value in {"Content-Length": str(len(self.body)), **self.sent}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body)

    def version_string(self) -> str:
        return "nginx/1.22.1"

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def between() -> Iterator[tuple[type[Between], str]]:
    """Somebody on this machine, and where."""
    one = type("One", (Between,), {"heard": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), one)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield one, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "sent", "said"),
    [
        (
            413,
            b"<h1>Too Large</h1>",
            {},
            "nginx/1.22.1 between here and the board answers 413 Request Entity Too Large.",
        ),
        (504, b"<h1>Time-out</h1>", {}, "504 Gateway Timeout; whether the board did what was asked is not known."),
        (502, b'{"message": "no healthy upstream"}', {}, "502 Bad Gateway; whether the board did"),
        (308, b"", {"Location": "https://board.example.org/x"}, "leads to https://board.example.org/x .308 Perm"),
        (200, b"<html>\n<h1>Accept our terms</h1></html>", {}, "is no board: it says '<html> <h1>Accept our terms"),
        (200, b'{"status": "ok"}', {}, "is no board: it says {'status': 'ok'}"),
        (201, b'{"id": 1, "st', {"Content-Length": "300"}, "could not be reached: IncompleteRead"),
    ],
)
def test_what_answers_in_the_place_of_a_board_is_told(
    between: tuple[type[Between], str], status: int, body: bytes, sent: dict[str, str], said: str
) -> None:
    one, address = between
    one.status, one.body, one.sent = status, body, sent
    with pytest.raises(BoardError, match=said):
        submit(address, b"PK")


def test_a_board_on_this_machine_is_asked_by_nobody_else(
    between: tuple[type[Between], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token goes there over an open line; through a proxy it would go to another machine over one."""
    proxy, address = between
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, address)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(BoardError, match="refused"):
        submit("http://localhost:1", b"PK", SECRET)
    assert not proxy.heard
    with pytest.raises(BoardError, match="no board"):
        submit("http://board.example.org", b"PK")
    assert proxy.heard == ["http://board.example.org/api/submissions None"]
