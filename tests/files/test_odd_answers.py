"""What answers in the place of a server, such as a proxy or a portal: whoever asks says so in words."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from vbench.errors import VBenchError
from vbench.leaderboard import client
from vbench.leaderboard.video_archive import fetched
from vbench.prompts.official import _get
from vbench.weights.hub import NoConnection, Repository, repository

ANSWERS = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "a body that is cut": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
    "a block that is cut": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
    "a refusal that is cut": b"HTTP/1.1 403 No\r\nContent-Length: 99\r\n\r\n{",
    "a line without end": b"HTTP/1.1 200 OK\r\nA: " + b"a" * 70_000 + b"\r\n\r\n",
    "too many lines": b"HTTP/1.1 200 OK\r\n" + b"A: a\r\n" * 200 + b"\r\n",
    "a page": b"HTTP/1.1 200 OK\r\n\r\n<html>Sign in</html>",
    "a list": b"HTTP/1.1 200 OK\r\n\r\n[1]",
    "a text": b'HTTP/1.1 200 OK\r\n\r\n"no"',
    "a refusal that is a list": b"HTTP/1.1 403 No\r\n\r\n[1]",
    "lists without end": b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 100_000,
}


@pytest.fixture
def answer() -> Iterator[Callable[[bytes], str]]:
    """Has everything that is asked answered by these bytes, and gives the address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def start(content: bytes) -> str:
            def serve() -> None:
                with suppress(OSError):
                    while True:
                        asked, _ = server.accept()
                        with asked, suppress(OSError):
                            asked.recv(1 << 16)
                            asked.sendall(content)
                            asked.shutdown(socket.SHUT_WR)
                            while asked.recv(1 << 16):
                                pass

            threading.Thread(target=serve, daemon=True).start()
            return f"http://127.0.0.1:{server.getsockname()[1]}"

        yield start
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("kind", ANSWERS)
def test_what_is_no_answer_is_told(
    kind: str, answer: Callable[[bytes], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = answer(ANSWERS[kind])
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", address)
    for ask in (
        lambda: client.withdraw(address, 1, "token"),
        lambda: repository("a/b", "main"),
        lambda: fetched(f"{address}/a.zip", tmp_path / "a"),
    ):
        with pytest.raises(VBenchError):
            ask()
    with suppress(OSError):  # which its callers tell
        _get(address)


@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.1 206 Part\r\nContent-Length: 8\r\n\r\n\x10\0\0",
        b"HTTP/1.1 206 Part\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + bytes(99),
    ],
)
def test_another_part_than_the_one_asked_for_is_none(
    content: bytes, answer: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy may cut a part short, or know of no parts and give the whole."""
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", answer(content))
    with pytest.raises(NoConnection, match="something else than the 8 bytes"):
        Repository("a/b", "main", {"a.safetensors": 99}).header("a.safetensors")


def test_an_archive_that_was_cut_off_is_not_taken_for_a_broken_one(
    answer: Callable[[bytes], str], tmp_path: Path
) -> None:
    address = answer(ANSWERS["a body that is cut"])
    with pytest.raises(VBenchError, match="could not be fetched: the connection ended after 1 of 99 bytes"):
        fetched(f"{address}/a.zip", tmp_path / "a")
