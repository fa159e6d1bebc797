"""What the hostile tests send: archives that cost much to read, bare requests, visitors with addresses of their own."""

from __future__ import annotations

import io
import os
import random
import socket
import struct
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import httpx

from tests.leaderboard.archives import rewritten, rows, with_videos, zipped
from tests.leaderboard.conftest import Server

STRANGER, VISITOR = "127.0.0.66", "127.0.0.2"
"""Two senders; every address that starts with 127 is this machine."""

MIB = 1 << 20


def folders(count: int) -> bytes:
    """A zip whose table of contents has nothing but folders."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0) + b"a/"
    most = min(count, 0xFFFF)
    return entry * count + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, most, most, len(entry) * count, 0, 0)


def costly(honest: bytes) -> dict[str, bytes]:
    """Small uploads that once took much memory or time."""

    def with_file(name: str, content: bytes) -> bytes:
        return rewritten(honest, lambda files: {**files, name: content})

    def within(content: bytes) -> bytes:
        """As much noise as lets a file grow no more than it may."""
        return content + random.Random(0).randbytes(len(content) // 150)

    lists = b"[],"
    return {
        "lists in the head": with_file("submission.json", within(lists * 10 * MIB)),
        "lists in a result file": zipped({"x_eval_results.json": within(lists * 5 * MIB)}),
        "a result file alone": b'{"a":[' + lists * 5 * MIB + b"[]]}",
        "a large result file alone": b'{"a":[' + lists * 20 * MIB + b"[]]}",
        "empty lines of scores": with_file("scores.jsonl", within(b"\n" * 60 * MIB)),
        "empty lines of samples": with_file("samples.jsonl", within(b"\n" * 60 * MIB)),
        "one line of samples": with_file("samples.jsonl", within(lists * 15 * MIB)),
        "deep nesting": with_file("submission.json", b"[" * 100_000 + b"]" * 100_000),
        "less deep nesting": with_file("submission.json", b'{"card":' + b'{"a":' * 800 + b"1" + b"}" * 801),
        "folders": folders(350_000),
        "folders, few of them counted": folders(0x40003),
    }


def large(honest: bytes, videos: int = 4, size: int = 15 * MIB) -> bytes:
    """The same with so many videos, each filled up with a box of noise that players skip."""
    made = io.BytesIO()
    with av.open(made, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for _ in range(16):
            container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode())
    names = sorted({row.video for row in rows()})[:videos]
    fill = struct.pack(">I4s", size, b"free")
    return with_videos(honest, {name: made.getvalue() + fill + os.urandom(size - len(fill)) for name in names})


def client(server: Server, address: str = VISITOR, **options: Any) -> httpx.Client:
    """Somebody at an address of their own."""
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(base_url=server.url, transport=transport, timeout=120, **options)


def connect(server: Server, address: str = STRANGER) -> socket.socket:
    """A bare connection."""
    parts = urlsplit(server.url)
    return socket.create_connection((parts.hostname, parts.port), timeout=60, source_address=(address, 0))


def is_closed(connection: socket.socket) -> bool:
    """Wait until the server closes a connection; whatever it says before is read."""
    try:
        while connection.recv(1 << 16):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def events(visitor: httpx.Client) -> dict[int, dict[str, Any]]:
    """The events of the pages by their index, as the server tells every browser."""
    return {one["id"]: one for one in visitor.get("/config").json()["dependencies"]}


def join(visitor: httpx.Client, index: int, data: list[Any], session: str, **more: Any) -> httpx.Response:
    """Ask for an event."""
    call = {"data": data, "fn_index": index, "session_hash": session, "event_data": None, "trigger_id": None}
    return visitor.post("/gradio_api/queue/join", json={**call, **more})


def collect(visitor: httpx.Client, session: str) -> str:
    """Everything that is answered to a session."""
    return visitor.get("/gradio_api/queue/data", params={"session_hash": session}).text


def file_data(path: str | Path, **more: Any) -> dict[str, Any]:
    """What Gradio takes for a file of its own."""
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}, **more}


def peak_memory(process: int) -> int:
    """Bytes of a process that were resident at most."""
    status = Path(f"/proc/{process}/status").read_text()
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def environment(process: int) -> bytes:
    """What the system shows of a process's environment."""
    return Path(f"/proc/{process}/environ").read_bytes()


def children(process: int) -> list[int]:
    """The processes that a process has started, and those that they have."""
    found = [
        int(child)
        for task in Path(f"/proc/{process}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return [*found, *(grandchild for child in found for grandchild in children(child))]
