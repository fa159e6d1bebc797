"""The board under attack: real server processes, on both kinds of database, and what must hold all the same.

On SQLite the site is one process; on PostgreSQL it is two, in front of which connections are shared out.
"""

from __future__ import annotations

import csv
import io
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

from tests.leaderboard.archives import archive, with_head
from tests.leaderboard.conftest import ADMIN, Serve, Server, new_database, start_server, until
from tests.leaderboard.web.balancer import Balancer
from tests.leaderboard.web.hostile import (
    MIB,
    STRANGER,
    VISITOR,
    children,
    client,
    collect,
    connect,
    costly,
    environment,
    events,
    file_data,
    is_closed,
    join,
    large,
    peak_memory,
)  # fmt: skip
from vbench.leaderboard.board import Board
from vbench.leaderboard.db.database import LOCK
from vbench.leaderboard.settings import Settings

MOST_MEMORY = 600 * MIB

PATIENT = 120
"""Seconds; no more than a sign that something never comes."""

SECRET = "what only this machine should read"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 and /proc are Linux's")]


class Site:
    """So many servers with the files around them; ``server`` is where visitors come in."""

    def __init__(self, folder: Path, database: str, processes: int = 1, **settings: Any) -> None:
        self.folder, self.database = folder, database
        self.servers = [start_server(folder, database, **settings) for _ in range(processes)]
        self._front = Balancer([urlsplit(one.url).port or 0 for one in self.servers]) if processes > 1 else None
        self.server = replace(self.servers[0], url=self._front.url) if self._front else self.servers[0]

    @property
    def processes(self) -> list[int]:
        return [one.process.pid for one in self.servers]

    def close(self) -> None:
        for one in self.servers:
            one.kill()
        if self._front:
            self._front.close()

    @property
    def log(self) -> str:
        return "".join(path.read_text() for path in self.folder.glob("server-*.log"))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with the usual settings on each kind of database."""
    folder = tmp_path_factory.mktemp("site")
    made = Site(folder, new_database(request, folder), processes=2 if request.param == "postgresql" else 1)
    yield made
    made.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/board.sqlite"


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """A file of this machine's in each form that was once read or deleted."""
    for name in ("secret.txt", "secret.zip", "secret.json"):
        (tmp_path / name).write_text(SECRET)
    yield tmp_path / "secret.txt"
    assert [(tmp_path / f"secret.{kind}").read_text() for kind in ("txt", "zip", "json")] == [SECRET] * 3


def send(server: Server, content: bytes, address: str = VISITOR, **headers: str) -> httpx.Response:
    with client(server, address) as sender:
        return sender.post("/api/submissions", content=content, headers=headers)


def words(answer: httpx.Response) -> str:
    """A refusal in JSON, and nothing of our insides in it."""
    body = answer.json()
    assert body["error"], answer.text
    assert isinstance(body["reasons"], list)
    assert "Traceback" not in answer.text
    return str(body)


# Files of the machine --------------------------------------------------------------------------------------------


def test_no_event_reads_a_file(site: Site, victim: Path) -> None:
    """Every event, every input, every form that Gradio takes for a file; the answers and the cache stay empty of it."""
    targets: list[str | Path] = [
        victim,
        victim.with_suffix(".zip"),
        f"/proc/{site.server.process.pid}/environ",
        "/etc/hostname",
    ]
    with client(site.server, STRANGER) as stranger:
        known = events(stranger)
        assert len(known) > 5
        for index, event in known.items():
            for place in range(len(event["inputs"]) or 1):
                for target in targets[:2] if place else targets:
                    for more in ({}, {"is_stream": True}, {"url": "http://127.0.0.1/"}):
                        data: list[Any] = [None] * max(len(event["inputs"]), 1)
                        data[place] = file_data(target, **more)
                        answer = join(stranger, index, data, uuid.uuid4().hex)
                        assert answer.status_code == 422, (index, place)
                        words(answer)
            empty = [None] * len(event["inputs"])
            nested = join(stranger, index, empty, uuid.uuid4().hex, event_data={"x": file_data(victim)})
            assert nested.status_code == 422
            lists = join(stranger, index, [[file_data(victim)]] * len(empty), uuid.uuid4().hex)
            assert lists.status_code == (422 if empty else 200)


def test_gradios_own_check_of_paths_is_on(sqlite: str) -> None:
    """The inner door, should anything ever pass the outer one."""
    code = """
import asyncio, sys
from gradio.context import LocalContext
from gradio.exceptions import InvalidPathError
from gradio.processing_utils import async_move_files_to_cache
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.web.api import create_app
from vbench.leaderboard.web.ui.mount import mount
app = create_app(Settings(database=sys.argv[2], suite="mini"))
mount(app, app.state.board, app.state.desk)
pages = app.routes[-1].app.get_blocks()
LocalContext.blocks.set(pages)
box = next(block for block in pages.blocks.values() if type(block).__name__ == "Textbox")
value = {"path": sys.argv[1], "meta": {"_type": "gradio.FileData"}}
for before in (True, False):
    try:
        asyncio.run(async_move_files_to_cache(value, box, check_in_upload_folder=before))
    except InvalidPathError:
        print("refused")
app.state.desk.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "/etc/hostname", sqlite], capture_output=True, text=True, timeout=PATIENT
    )
    assert done.stdout.split() == ["refused", "refused"], done.stderr


CLOSED = (
    "/gradio_api/file=/etc/hostname",
    "/gradio_api/file=../../../../etc/hostname",
    "/gradio_api/file/etc/hostname",
    "/gradio_api/proxy=http://127.0.0.1/",
    "/gradio_api/stream/a/b/1/playlist.m3u8",
    "/gradio_api/stream//etc/hostname",
    "/gradio_api/info",
    "/gradio_api/openapi.json",
    "/gradio_api/app_id",
    "/gradio_api/token",
    "/gradio_api/dev/reload",
    "/gradio_api/deep_link",
    "/gradio_api/vibe-code",
    "/gradio_api/runs",
    "/gradio_api/queue/status",
    "/gradio_api/custom_component/1/client/component/index.js",
    "/monitoring",
    "/monitoring/summary",
    "/login",
    "/logout",
)


def test_what_the_pages_do_not_use_is_not_there(site: Site) -> None:
    with client(site.server, STRANGER) as stranger:
        for path in CLOSED:
            assert stranger.get(path).status_code == 404, path
        for path in (
            "run/predict",
            "call/predict",
            "api/predict",
            "component_server",
            "process_recording",
            "vibe-edit",
        ):
            assert stranger.post(f"/gradio_api/{path}", json={"data": [file_data("/etc/hostname")]}).status_code == 404


@pytest.mark.parametrize("path", ["/static/%s", "/assets/%s", "/svelte/%s", "/theme.css/%s", "/%s", "/gradio_api/%s"])
def test_no_address_leads_out_of_its_folder(site: Site, victim: Path, path: str) -> None:
    name = Path("/etc/hostname").read_text().strip()
    for way in ("../" * 12, "..%2f" * 12, "%2e%2e/" * 12, "//", "..\\" * 12):
        with connect(site.server) as line:
            line.sendall(
                f"GET {path % way}etc/hostname HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            )
            answer = b"".join(iter(lambda: line.recv(1 << 16), b""))
        assert not answer.endswith(f"\r\n{name}\n".encode())
        assert SECRET.encode() not in answer


def test_uploads_are_of_the_one_kind_and_number_and_served_to_nobody(site: Site, tmp_path: Path) -> None:
    with client(site.server, STRANGER) as stranger:

        def upload(*files: tuple[str, bytes]) -> httpx.Response:
            return stranger.post("/gradio_api/upload", files=[("files", file) for file in files])

        assert upload(*((f"{n}.zip", bytes(2 * MIB)) for n in range(10))).status_code == 400
        assert upload(("page.html", b"<script>")).status_code == 415
        assert stranger.post("/gradio_api/upload", data={"files": "x" * 500}).status_code in (413, 415)
        (path,) = upload(("../../x.zip", archive(tmp_path))).json()
        assert Path(path).read_bytes() == archive(tmp_path)
        folder = Path(path).parents[1]
        assert folder.stat().st_mode & 0o077 == 0
        assert [*folder.iterdir()] == [Path(path).parent]
        for way in (f"/gradio_api/file={path}", f"/gradio_api/file/{path}", path, f"/static{path}"):
            with client(site.server) as visitor:
                assert archive(tmp_path) not in visitor.get(way).content
        index, event = next((n, one) for n, one in events(stranger).items() if len(one["inputs"]) > 10)
        for name in (f"{path}/../archive.zip", str(folder), f"{folder}/../{folder.name}/x", str(Path(path).parent)):
            wrong = [file_data(name), *[None] * (len(event["inputs"]) - 1)]
            assert join(stranger, index, wrong, uuid.uuid4().hex).status_code == 422
        right = [file_data(path), "", *[""] * (len(event["inputs"]) - 2)]
        session = uuid.uuid4().hex
        assert join(stranger, index, right, session).status_code == 200
        assert "process_completed" in collect(stranger, session)
        assert not Path(path).exists()


def test_the_process_shows_no_secrets(
    database: str, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VBENCH_BOARD_DATABASE", database)
    server = serve(database, copied=False)
    send(server, archive(tmp_path, seed=70, name="For a child"))
    processes = [server.process.pid, *children(server.process.pid)]
    assert len(processes) > 1, "an archive was checked in a process of its own"
    assert b"VBENCH_BOARD_SUITE=mini" in environment(processes[0]), "it is shown what the server was given"
    for process in processes:
        assert ADMIN.encode() not in environment(process)
        assert database.encode() not in environment(process)


# Other sites -----------------------------------------------------------------------------------------------------


def test_pages_of_others_call_nothing(site: Site) -> None:
    with client(site.server, STRANGER) as stranger:
        for origin in ("https://evil.example", "null", "http://127.0.0.1:1", "file://"):
            headers = {"Origin": origin}
            assert stranger.post("/api/submissions", content=b"x", headers=headers).status_code == 403
            assert stranger.post("/gradio_api/queue/join", json={}, headers=headers).status_code == 403
            assert stranger.get("/config", headers=headers).status_code == 403
            answer = stranger.options(
                "/gradio_api/queue/join", headers={**headers, "Access-Control-Request-Method": "POST"}
            )
            assert "access-control-allow-origin" not in answer.headers
        for host in ("evil.example", "evil.example:7860", "127.0.0.1.evil.example", "a b", ""):
            assert stranger.get("/", headers={"Host": host}).status_code in (400, 421), host
        own = {"Origin": site.server.url}
        assert stranger.get("/config", headers=own).status_code == 200
        forged = stranger.get(
            "/config", headers={"X-Forwarded-Host": "evil.example", "X-Gradio-Server": "http://evil.example"}
        )
        assert "evil.example" not in forged.text


# Memory and time -------------------------------------------------------------------------------------------------


def test_costly_archives_cost_little_and_honest_ones_go_through(site: Site, tmp_path: Path) -> None:
    honest = [archive(tmp_path, seed, f"Honest {seed}") for seed in range(20, 24)]
    attacks = costly(archive(tmp_path))
    with ThreadPoolExecutor(len(attacks)) as pool:
        answers = {kind: pool.submit(send, site.server, content, STRANGER) for kind, content in attacks.items()}
        for content in honest:
            assert send(site.server, content).status_code == 201
        for kind, answer in answers.items():
            assert answer.result(PATIENT).status_code == 422, (kind, answer.result().text[:200])
            assert words(answer.result()), kind
    for process in site.processes:
        assert all(peak_memory(one) < MOST_MEMORY for one in (process, *children(process)))


def test_a_check_that_never_ends_is_stopped(serve: Serve, sqlite: str, tmp_path: Path) -> None:
    """Whatever makes it slow or large: here the limits are so small that any archive is."""
    server = serve(sqlite, check_bytes=64 * MIB)
    assert "takes more" in words(send(server, archive(tmp_path)))
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_nobody_reading_an_archive_fills_the_memory(site: Site, tmp_path: Path) -> None:
    first = large(archive(tmp_path, seed=60, name="Large"), 4, 6 * MIB)
    number = send(site.server, first, Authorization=f"Bearer {ADMIN}").json()["id"]
    with ExitStack() as stack:
        for _ in range(40):
            line = stack.enter_context(connect(site.server))
            line.sendall(f"GET /api/submissions/{number}/archive HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            line.recv(1)
        assert httpx.get(f"{site.server.url}/healthz").status_code == 200
        with client(site.server) as visitor:
            assert visitor.get(f"/api/submissions/{number}/archive").content == first
    assert all(peak_memory(process) < MOST_MEMORY for process in site.processes)


# Slow peers ------------------------------------------------------------------------------------------------------


def test_connections_that_wait_for_nothing_are_closed(serve: Serve, sqlite: str, tmp_path: Path) -> None:
    """Idle, in the middle of a head, of a body, after an answer; and an honest sender is served at the same time."""
    server = serve(sqlite, header_seconds=2, upload_seconds=2, uploads_at_once=1)
    starts = (
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /api/submissions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nPK",
        b"POST /api/submissions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /gradio_api/queue/join HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{",
        b"POST /api/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n{",
        (
            b"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            b"Content-Length: 9999\r\n\r\n--x\r\n"
        ),
    )
    with ExitStack() as stack:
        lines = [stack.enter_context(connect(server)) for _ in range(5) for _ in starts]
        for line, start in zip(lines, starts * 5, strict=True):
            line.sendall(start)
        assert send(server, archive(tmp_path)).status_code == 201
        assert all(map(is_closed, lines))


@pytest.mark.parametrize("connection", ["keep-alive", "close"])
@pytest.mark.parametrize("encoding", [f"Content-Length: {20 * MIB}", "Transfer-Encoding: chunked"])
def test_who_is_refused_in_the_midst_of_a_body_reads_why(site: Site, connection: str, encoding: str) -> None:
    """All of it may be sent before anything is read, as most senders do and proxies between."""
    chunk = bytes(MIB)
    framed = b"%x\r\n%b\r\n" % (MIB, chunk) if "chunked" in encoding else chunk
    with connect(site.server) as line:
        head = f"POST /api/nothing HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n{encoding}\r\n\r\n"
        line.sendall(head.encode())
        for _ in range(20):
            line.sendall(framed)
        line.sendall(b"0\r\n\r\n" if "chunked" in encoding else b"")
        assert line.recv(MIB).startswith(b"HTTP/1.1 404")
        if connection == "close":
            assert is_closed(line)
        else:
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert line.recv(MIB).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("connection", ["keep-alive", "close"])
def test_who_is_refused_is_not_heard_out_for_ever(serve: Serve, sqlite: str, connection: str) -> None:
    """Neither a body without end nor one that drips."""
    server = serve(sqlite, header_seconds=1)
    head = (
        f"POST /api/nothing HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n"
        "Content-Length: 99999999999\r\n\r\n"
    )
    with connect(server) as line, pytest.raises(OSError):
        line.sendall(head.encode())
        for _ in range(1000):
            line.sendall(bytes(MIB))
    with connect(server) as line, pytest.raises(OSError):
        line.sendall(head.encode())
        for _ in range(PATIENT * 10):
            line.sendall(b"x")
            time.sleep(0.1)


def test_a_head_that_drips_is_late_all_the_same(serve: Serve, sqlite: str) -> None:
    server = serve(sqlite, header_seconds=1)
    with connect(server) as line, pytest.raises(OSError):
        line.sendall(b"GET / HTTP/1.1\r\n")
        for _ in range(PATIENT * 10):
            line.sendall(b"X: y\r\n")
            time.sleep(0.1)


def test_one_address_has_so_many_connections(serve: Serve, sqlite: str, tmp_path: Path) -> None:
    server = serve(sqlite, connections_per_address=20)
    with ExitStack() as stack:
        lines = [stack.enter_context(connect(server)) for _ in range(30)]
        assert b"503" in lines[-1].recv(100)
        assert send(server, archive(tmp_path)).status_code == 201
    with client(server, STRANGER) as stranger:
        assert _until(lambda: stranger.get("/healthz").status_code == 200)


def test_answers_that_nobody_reads_hold_nobody_up(site: Site) -> None:
    with client(site.server, STRANGER) as stranger, client(site.server) as visitor:
        index = next(n for n, one in events(visitor).items() if not one["inputs"])
        asked = [join(stranger, index, [], uuid.uuid4().hex).status_code for _ in range(200)]
        assert asked.count(200) <= Settings.events_per_address
        assert set(asked) == {200, 429}
        session = uuid.uuid4().hex
        assert join(visitor, index, [], session).status_code == 200
        assert "process_completed" in collect(visitor, session)


def test_pages_are_within_the_limits(serve: Serve, sqlite: str) -> None:
    server = serve(sqlite, requests_per_minute=5)
    with client(server, STRANGER) as stranger:
        codes = [stranger.get("/gradio_api/startup-events").status_code for _ in range(8)]
        assert codes == [200] * 5 + [429] * 3
        assert [stranger.get("/healthz").status_code for _ in range(20)] == [200] * 20
    with client(server) as visitor:
        assert visitor.get("/gradio_api/startup-events").status_code == 200


def test_bytes_are_limited_whatever_they_come_in(serve: Serve, sqlite: str) -> None:
    server = serve(sqlite, bytes_per_hour=3 * MIB)
    codes = [send(server, bytes(MIB), STRANGER).status_code for _ in range(5)]
    assert codes == [422] * 3 + [503] * 2
    assert send(server, bytes(MIB)).status_code == 422


# Errors ----------------------------------------------------------------------------------------------------------


def test_strange_addresses_are_answered_in_words(site: Site) -> None:
    with client(site.server, STRANGER) as stranger:
        for number in ("0", "-1", str(2**31), str(2**63), "9" * 400, "x", "1e3", "%D9%A1"):
            for path in (f"/api/submissions/{number}", f"/api/submissions/{number}/archive"):
                answer = stranger.get(path)
                assert 400 <= answer.status_code < 500, path
                words(answer)
            assert 400 <= stranger.post(f"/api/submissions/{number}/publish").status_code < 500
        for path in (
            "/api/submissions/1/media/frames%2Fa%00.jpg",
            "/%00",
            "/api/board.json?search=%00",
            "/api/arena/%00/left.mp4",
        ):
            assert stranger.get(path).status_code == 400
            words(stranger.get(path))
        assert stranger.post("/api/nothing").status_code == 404
        words(stranger.post("/api/submissions?card=" + "[" * 20_000, content=b"x"))


def test_calls_that_no_page_makes_are_answered_in_words(site: Site) -> None:
    with client(site.server, STRANGER) as stranger:
        for body in (
            b"",
            b"{",
            b"[" * 100_000,
            b"1",
            b"null",
            b'{"fn_index": 1e9}',
            b"\xff",
            b'{"data": []}',
            bytes(200_000),
        ):
            answer = stranger.post("/gradio_api/queue/join", content=body)
            assert 400 <= answer.status_code < 500
            words(answer)
        session = uuid.uuid4().hex
        for index in (-1, 10**6, "0", None, True, 0.5):
            assert join(stranger, index, [], session).status_code == 422  # type: ignore[arg-type]
        index = next(n for n, one in events(stranger).items() if len(one["inputs"]) == 2)
        for value in (1, {"a": 1}, ["a", 1], "a\0b", "a" * 10**5, [["a"]]):
            assert join(stranger, index, [value, value], session).status_code in (413, 422)


def test_a_locked_database_is_said_and_nothing_is_lost(
    request: pytest.FixtureRequest, database: str, serve: Serve, tmp_path: Path
) -> None:
    server = serve(database, database_seconds=1)
    with _locked(database):
        answer = send(server, archive(tmp_path))
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "locked" in words(answer).lower() or "lock timeout" in words(answer)
    assert send(server, archive(tmp_path)).status_code == 201
    (log,) = tmp_path.glob("server-*.log")
    assert "The database cannot be used now" in log.read_text()
    assert "Traceback" not in log.read_text()


@contextmanager
def _locked(database: str) -> Iterator[None]:
    if database.startswith("sqlite"):
        with sqlite3.connect(database.removeprefix("sqlite:///")) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    url = make_url(database)
    with psycopg.connect(host=str(url.query["host"]), user="postgres", dbname=url.database) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        yield


def test_a_full_disk_is_said_and_nothing_is_half_there(serve: Serve, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        database = f"sqlite:///{disk}/board.sqlite"
        server = serve(database)
        codes = [send(server, archive(tmp_path, seed, f"Model {seed}")) for seed in range(12)]
        kept = [answer.json()["id"] for answer in codes if answer.status_code == 201]
        full = [answer for answer in codes if answer.status_code != 201]
        assert {answer.status_code for answer in full} == {507}
        assert all("full" in words(answer) for answer in full)
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        server.kill()
        board = Board(Settings(database=database, suite="mini"))
        assert all(board.submission(number, local=True).entry.value("total") is not None for number in kept)
        board.close()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"VBENCH_BOARD_DATABASE": "sqlite:///{folder}/no.sqlite"}, "file is not a database"),
        ({"VBENCH_BOARD_DATABASE": "sqlite:////nowhere/board.sqlite"}, "unable to open"),
        ({"VBENCH_BOARD_SUITE": "minni"}, "known are"),
        ({"VBENCH_BOARD_TRUSTED_PROXIES": "*"}, "VBENCH_BOARD_TRUSTED_PROXIES"),
        ({"VBENCH_BOARD_ROOT_PATH": "/board"}, "VBENCH_BOARD_TRUSTED_PROXIES"),
        ({"VBENCH_BOARD_ROOT_PATH": "board/", "VBENCH_BOARD_TRUSTED_PROXIES": "127.0.0.1"}, "must look like /board"),
    ],
)
def test_a_board_that_cannot_be_is_not_started(tmp_path: Path, change: dict[str, str], said: str) -> None:
    (tmp_path / "no.sqlite").write_text("This is a letter, and no database. " * 100)
    change = {name: value.format(folder=tmp_path) for name, value in change.items()}
    defaults = {"VBENCH_BOARD_DATABASE": f"sqlite:///{tmp_path}/board.sqlite"}
    command = [sys.executable, "-m", "vbench", "leaderboard", "--port", "1"]
    done = subprocess.run(
        command, env={**os.environ, **defaults, **change}, capture_output=True, text=True, timeout=PATIENT, cwd=tmp_path
    )
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_names_that_cannot_be_read_are_refused(site: Site, tmp_path: Path) -> None:
    for name in (" ", "\u3000", "\u3164", "\u2800", "\u200b", "a\ufe0f", "\u115f\u1160", "\x07"):
        content = with_head(archive(tmp_path), lambda head, name=name: head["card"].update(name=name))  # type: ignore[misc]
        answer = send(site.server, content, STRANGER)
        assert answer.status_code == 422, repr(name)
        assert "name" in words(answer)


def test_no_cell_runs_in_a_spreadsheet(site: Site, tmp_path: Path) -> None:
    starts = "=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
    for number, start in enumerate(starts):
        sent = archive(tmp_path, 40 + number, f"{start}1+1", organisation=f"\N{NO-BREAK SPACE}{start}A1")
        assert send(site.server, sent, Authorization=f"Bearer {ADMIN}").status_code == 201
    rows = list(csv.DictReader(io.StringIO(httpx.get(f"{site.server.url}/api/board.csv").text)))
    assert sum(row["name"].startswith("'") for row in rows) >= len(starts)
    cells = [cell for row in rows for cell in row.values() if cell and not _is_number(cell)]
    assert not [cell for cell in cells if cell.strip().startswith(tuple(starts))]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_the_list_of_calls_loads_nothing_from_others(site: Site) -> None:
    page = httpx.get(f"{site.server.url}/api/docs")
    assert page.status_code == 200
    assert "/api/submissions" in page.text
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page.text)


def test_the_log_says_who_acted_and_no_address(site: Site, tmp_path: Path) -> None:
    number = send(site.server, archive(tmp_path, seed=80, name="Logged"), STRANGER).json()["id"]
    httpx.post(f"{site.server.url}/api/submissions/{number}/publish", headers={"Authorization": f"Bearer {ADMIN}"})
    told = rf"access INFO [0-9a-f]{{16}} admin 1 POST '/api/submissions/{number}/publish' 200 "
    until(lambda: re.search(told, site.log) is not None, "the line of the publication")
    assert all(re.search(r"access INFO [0-9a-f]{16} ", line) for line in site.log.splitlines() if "access INFO" in line)
    assert VISITOR not in site.log
    assert ADMIN not in site.log
    assert "Traceback" not in site.log


# Behind a proxy --------------------------------------------------------------------------------------------------


def test_forwarded_addresses_are_believed_from_stated_proxies_only(serve: Serve, sqlite: str, tmp_path: Path) -> None:
    server = serve(sqlite, requests_per_minute=3, trusted_proxies="127.0.0.2,10.0.0.0/8")

    def codes(address: str, *forwarded: str) -> list[int]:
        with client(server, address) as sender:
            return [sender.get("/api/board.csv", headers={"X-Forwarded-For": one}).status_code for one in forwarded]

    assert codes(STRANGER, *(f"192.0.2.{n}" for n in range(5))) == [200] * 3 + [429] * 2
    assert codes(VISITOR, *(f"192.0.2.{n}" for n in range(5))) == [200] * 5
    assert codes(VISITOR, *["spoofed, 192.0.2.77, 10.1.1.1"] * 5) == [200] * 3 + [429] * 2
    (log,) = tmp_path.glob("server-*.log")
    assert "VBENCH_BOARD_TRUSTED_PROXIES=127.0.0.66" in log.read_text()


def test_a_board_under_a_sub_path(serve: Serve, sqlite: str) -> None:
    """Whether the proxy cuts the path off or not."""
    server = serve(sqlite, root_path="/board", trusted_proxies=VISITOR)
    forwarded = {"X-Forwarded-Host": "lab.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    with client(server, headers=forwarded) as proxy:
        for prefix in ("", "/board"):
            assert proxy.get(f"{prefix}/healthz").json() == {"status": "ok"}
            assert proxy.get(f"{prefix}/api/board.json").status_code == 200
            board = proxy.get(f"{prefix}/")
            assert board.status_code == 200
            assert not re.search(r'(href|action)="/', board.text)  # wherever it lies, its links lead within
            page = proxy.get(f"{prefix}/compare")
            assert page.status_code == 200
            assert "https://lab.example.org/board" in page.text
            own = {"Origin": "https://lab.example.org"}
            assert proxy.get(f"{prefix}/config", headers=own).json()["root"] == "https://lab.example.org/board"
            index = next(n for n, one in events(proxy).items() if not one["inputs"])
            session = uuid.uuid4().hex
            call = {"data": [], "fn_index": index, "session_hash": session}
            assert proxy.post(f"{prefix}/gradio_api/queue/join", json=call, headers=own).status_code == 200
            shown = proxy.get(f"{prefix}/gradio_api/queue/data", params={"session_hash": session}).text
            assert "process_completed" in shown
            assert 'href=\\"/' not in shown


def test_a_page_at_a_port_of_its_own_works_behind_the_proxy_of_the_docs(serve: Serve, sqlite: str) -> None:
    """The headers are those that nginx makes of the documented ones."""
    page = (Path(__file__).parents[3] / "docs" / "security.md").read_text()
    made = {
        "$host": "lab.example.org", "$http_host": "lab.example.org:8443", "$scheme": "https",
        "$proxy_add_x_forwarded_for": "192.0.2.1",
    }  # fmt: skip
    headers = {name: made[value] for name, value in re.findall(r"proxy_set_header (\S+) (\S+);", page)}
    assert len(headers) == 4
    server = serve(sqlite, root_path="/board", trusted_proxies=VISITOR, hosts="lab.example.org")
    with client(server, headers=headers) as proxy:
        answer = proxy.get("/board/config", headers={"Origin": "https://lab.example.org:8443"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["root"] == "https://lab.example.org:8443/board"


def test_balancers_and_prometheus_ask_a_process_by_its_address(serve: Serve, sqlite: str) -> None:
    server = serve(sqlite, hosts="board.example.org")
    admin = {"Authorization": f"Bearer {ADMIN}"}
    with client(server, headers={"Host": "10.0.0.7:7860"}) as balancer:
        assert balancer.get("/healthz").json() == {"status": "ok"}
        assert balancer.get("/metrics", headers=admin).status_code == 200
        assert balancer.get("/metrics").status_code == 401
        assert balancer.get("/api/board.json").status_code == 421
    with connect(server) as line:  # as HAProxy asks: the old version, no name
        line.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert line.recv(MIB).startswith(b"HTTP/1.1 200")


def test_monitors_ask_for_the_head_alone(site: Site) -> None:
    with client(site.server) as monitor:
        for address in ("/healthz", "/", "/compare", "/api/board.json"):
            asked, whole = monitor.head(address), monitor.get(address)
            assert (asked.status_code, asked.content) == (200, b""), address
            assert asked.headers["Content-Length"] == whole.headers["Content-Length"]
        assert monitor.head("/gradio_api/queue/data", params={"session_hash": "x"}).status_code == 405
        assert monitor.get("/healthz").json() == {"status": "ok"}  # on the same connection


def test_no_proxy_keeps_events_back(site: Site) -> None:
    with client(site.server) as visitor:
        index = next(n for n, one in events(visitor).items() if not one["inputs"])
        session = uuid.uuid4().hex
        assert join(visitor, index, [], session).status_code == 200
        told = visitor.get("/gradio_api/queue/data", params={"session_hash": session})
        assert told.headers["X-Accel-Buffering"] == "no"
        assert "X-Accel-Buffering" not in visitor.get("/api/board.json").headers


def test_a_page_of_a_process_that_has_ended_is_told_so(site: Site) -> None:
    """A balancer may bring a page to a process that does not know it; that is no fault."""
    with client(site.server) as visitor:
        assert "session_not_found" in collect(visitor, uuid.uuid4().hex)
    assert "Traceback" not in site.log


@pytest.mark.skipif(sys.platform == "win32", reason="the option is one of Linux and macOS")
def test_little_of_an_answer_waits_in_the_system(serve: Serve, sqlite: str, tmp_path: Path) -> None:
    """What a reader gets of a server that is gone was waiting for it; with less, it is sooner seen to read."""
    server = serve(sqlite, published_at_once="everybody")
    number = send(server, large(archive(tmp_path))).json()["id"]
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        parts = urlsplit(server.url)
        line.connect((parts.hostname, parts.port))
        line.sendall(f"GET /api/submissions/{number}/archive HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert line.recv(MIB)
        time.sleep(2)
        server.kill()
        waited = 0
        with suppress(ConnectionResetError):
            while part := line.recv(MIB):
                waited += len(part)
    assert waited < MIB


# Everything at once ----------------------------------------------------------------------------------------------


def test_honest_submissions_go_through_while_everything_is_tried(site: Site, tmp_path: Path) -> None:
    attacks = costly(archive(tmp_path))
    with ExitStack() as stack, ThreadPoolExecutor(8) as pool:
        lines = [stack.enter_context(connect(site.server)) for _ in range(60)]
        for line in lines[::2]:
            line.sendall(b"POST /api/submissions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\nPK")
        stranger = stack.enter_context(client(site.server, STRANGER))
        index = next(n for n, one in events(stranger).items() if not one["inputs"])
        tries = [pool.submit(send, site.server, content, STRANGER) for content in attacks.values()]
        tries += [pool.submit(join, stranger, index, [], uuid.uuid4().hex) for _ in range(60)]
        for seed in range(90, 95):
            assert send(site.server, archive(tmp_path, seed, f"Honest {seed}")).status_code == 201
        with client(site.server) as visitor:
            session = uuid.uuid4().hex
            assert join(visitor, index, [], session).status_code == 200
            assert "process_completed" in collect(visitor, session)
        for one in tries:
            one.result(PATIENT)
    assert all(peak_memory(process) < MOST_MEMORY for process in site.processes)


def _until(happened: Any) -> bool:
    for _ in range(PATIENT * 10):
        if happened():
            return True
        time.sleep(0.1)
    return False
