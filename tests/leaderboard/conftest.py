"""Databases and servers for the board's tests: both kinds of database, real processes."""

from __future__ import annotations

import os
import pwd
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.leaderboard.started import Started
from vbench.leaderboard.board import Board
from vbench.leaderboard.settings import Settings

ADMIN = "an-admins-token-for-tests"

PATIENCE = 600
"""Seconds after which something is taken to hang: a board takes a minute to start where many others compute."""

SMALL_DISK = 24 << 20


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The socket's folder of a PostgreSQL server that lives as long as the tests."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed: there is none on the PATH or in /usr/lib/postgresql")
    user = _unprivileged() if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="vbench-pg-"))
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    name = user.pw_name if user else None

    def run(*command: str | Path) -> subprocess.Popen[bytes]:
        with (folder / "log").open("ab") as log:
            return subprocess.Popen(command, user=name, cwd=folder, stdout=log, stderr=log)

    data = folder / "data"
    made = run(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    assert made.wait(PATIENCE) == 0, (folder / "log").read_text()
    server = run(
        programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "max_connections=200"
    )
    try:
        until(lambda: _answers(folder, server), "PostgreSQL")
        yield str(folder)
    finally:
        server.terminate()
        server.wait(PATIENCE)
        shutil.rmtree(folder)


def _postgres_programs() -> Path | None:
    found = shutil.which("postgres")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.skip("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")


def _answers(folder: Path, server: subprocess.Popen[bytes]) -> bool:
    assert server.poll() is None, (folder / "log").read_text()
    try:
        psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def until(happened: Callable[[], bool], what: str) -> None:
    """Wait for something, as long as patience lasts."""
    for _ in range(PATIENCE * 20):
        if happened():
            return
        time.sleep(0.05)
    raise TimeoutError(f"{what} did not start")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty database, of each kind."""
    return new_database(request, tmp_path)


def new_database(request: pytest.FixtureRequest, folder: Path, kind: str = "") -> str:
    """Make an empty database of a kind, by default the one that the fixture's parameter names.

    It is gone with the fixture: an empty one of PostgreSQL takes 8 MB.
    """
    if (kind or request.param) == "sqlite":
        return f"sqlite:///{folder}/board.sqlite"
    server = request.getfixturevalue("postgres")
    name = f"board_{time.time_ns()}"

    def run(statement: str) -> None:
        with psycopg.connect(host=server, user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())

    run(f"CREATE DATABASE {name}")
    request.addfinalizer(lambda: run(f"DROP DATABASE {name} WITH (FORCE)"))
    return f"postgresql://postgres@/{name}?host={server}"


@dataclass
class SmallDatabase:
    """A database on a small disk.

    Attributes:
        url: its address.
        limits: what a server must be started with for the disk to be small.
        make_room: makes the disk larger.
    """

    url: str
    limits: dict[str, Any]
    make_room: Callable[[], None]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def small_database(request: pytest.FixtureRequest) -> Iterator[SmallDatabase]:
    """A database that is full at 24 MB.

    It lies on a small file system; where none may be mounted, SQLite's server may write no larger file.
    """
    folder = Path(tempfile.mkdtemp(prefix="vbench-small-"))
    folder.chmod(0o755)  # PostgreSQL's user walks into it
    options = f"size={SMALL_DISK},mode=0777"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    if mounted.returncode and request.param == "postgresql":
        pytest.skip("no small file system can be mounted here")
    if mounted.returncode:
        yield SmallDatabase(f"sqlite:///{folder}/board.sqlite", {"file_bytes": SMALL_DISK}, lambda: None)
        shutil.rmtree(folder)
        return

    def make_room() -> None:
        subprocess.run(["mount", "-o", f"remount,size={2 * SMALL_DISK}", folder], check=True)

    try:
        if request.param == "sqlite":
            yield SmallDatabase(f"sqlite:///{folder}/board.sqlite", {}, make_room)
        else:
            for database in _small_postgres(request.getfixturevalue("postgres"), folder):
                yield SmallDatabase(database, {}, make_room)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()


def _small_postgres(server: str, folder: Path) -> Iterator[str]:
    space = folder / "space"
    space.mkdir()
    owner = Path(server).stat()
    os.chown(space, owner.st_uid, owner.st_gid)
    name = f"small_{time.time_ns()}"
    with psycopg.connect(host=server, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE {name} LOCATION '{space}'".encode())
        connection.execute(f"CREATE DATABASE {name} TABLESPACE {name}".encode())
        yield f"postgresql://postgres@/{name}?host={server}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        connection.execute(f"DROP TABLESPACE {name}".encode())


@pytest.fixture
def board(database: str) -> Iterator[Board]:
    """A board of the mini suite on each kind of database."""
    made = Board(Settings(database=database, suite="mini", admin_tokens=(ADMIN,)))
    yield made
    made.close()


@dataclass
class Server:
    """A board's server process."""

    url: str
    process: Started | subprocess.Popen[bytes]

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)


Serve = Callable[..., Server]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers: ``serve(database, setting=value, ...)``."""
    started: list[Server] = []

    def start(database: str, **settings: Any) -> Server:
        started.append(start_server(tmp_path, database, **settings))
        return started[-1]

    yield start
    for server in started:
        server.kill()


def start_server(folder: Path, database: str, file_bytes: int = 0, copied: bool = True, **settings: Any) -> Server:
    """Start a board as the command line does; its log is in the folder, and no file of it larger than is said.

    Of one that is copied the system shows the environment and the command of what it is a copy of.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    values = {"suite": "mini", "admin_tokens": ADMIN, "submissions_per_hour": 1000, "requests_per_minute": 10_000}
    stated = {f"VBENCH_BOARD_{name.upper()}": str(value) for name, value in {**values, **settings}.items()}
    arguments, log = ["--port", str(port), "--database", database], folder / f"server-{port}.log"
    process = Started(arguments, stated, log) if copied else _afresh(arguments, stated, log)
    if file_bytes:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        until(lambda: _healthy(server), "the board")
    except BaseException:
        server.kill()
        raise
    return server


def _afresh(arguments: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    program = "from vbench.cli.leaderboard import leaderboard; leaderboard()"
    with log.open("wb") as written:
        return subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            env={**os.environ, **environment}, stdout=written, stderr=written,
        )  # fmt: skip


def _healthy(server: Server) -> bool:
    assert server.process.poll() is None
    try:
        with urllib.request.urlopen(f"{server.url}/healthz") as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False
