"""What deploys a board fits together: the image's own commands run as an ordinary user in a fresh folder, and the files
for compose, the proxy, a Space and systemd say the same as the code. No container is built here."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from dataclasses import fields
from fnmatch import fnmatch
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.leaderboard.conftest import until
from vbench.leaderboard.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]

NAMES = {PREFIX + field.name.upper() for field in fields(Settings)}

DOCKERFILE = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())

UNIT = ROOT / "deploy" / "vbench-leaderboard@.service"


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, re.MULTILINE)


def array(text: str) -> list[str]:
    values: list[str] = yaml.safe_load(text)
    return values


def test_the_image_is_no_roots_and_keeps_its_data_in_a_volume() -> None:
    (user,) = instructions("USER")
    assert user == "1000"
    assert instructions("VOLUME") == ["/data"]
    order = [DOCKERFILE.index(f"\n{name} ") for name in ("COPY", "RUN", "USER", "CMD")]
    assert order == sorted(order)
    stated = dict(pair.split("=", 1) for line in instructions("ENV") for pair in shlex.split(line))
    assert {name for name in stated if name.startswith(PREFIX)} <= NAMES
    assert stated[PREFIX + "DATABASE"] == "sqlite:////data/board.sqlite"


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    for line in instructions("COPY"):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
            assert f"!{name}" in ignored, name
    assert not [line for line in ignored if fnmatch("vbench/leaderboard/board.py", line.lstrip("*/")) and line != "*"]


@pytest.fixture
def place() -> Iterator[Path]:
    """A fresh folder that every user may walk into."""
    folder = Path(tempfile.mkdtemp(prefix="vbench-deployed-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def ordinary() -> tuple[str | None, list[str]]:
    """An ordinary user, who is this one unless that is root, and a Python that may be run then."""
    if os.geteuid():
        return None, [sys.executable]
    version = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    for python in filter(None, (sys.executable, shutil.which("python3", path="/usr/bin"))):
        try:
            if not subprocess.run([python, "-c", version], user="nobody", stderr=subprocess.DEVNULL).returncode:
                return "nobody", [python]
        except (PermissionError, LookupError):
            continue
    pytest.skip("no other user may run a Python of this version")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="a container is Linux")
def test_the_images_commands_run_as_an_ordinary_user_in_a_fresh_folder(place: Path) -> None:
    user, python = ordinary()
    data = place / "data"
    data.mkdir(mode=0o750)
    if user:
        shutil.chown(data, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])

    def here(text: str) -> str:
        return re.sub(r"/data|/tmp(?=/)", str(data), text).replace("7860", port)

    stated = dict(here(pair).split("=", 1) for line in instructions("ENV") for pair in shlex.split(line))
    environment = {
        **stated, "PATH": os.environ["PATH"], "HOME": "/nowhere", "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": f"{ROOT}:{sysconfig.get_path('purelib')}", "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    first, *rest = array(here(instructions("CMD")[0]))
    assert first == "vbench"
    (health,) = re.findall(r"CMD (\[.*\])", instructions("HEALTHCHECK")[0])
    with (place / "log").open("wb") as log:
        more: Any = {"user": user, "cwd": data, "env": environment, "stdout": log, "stderr": log}
        server = subprocess.Popen([*python, "-m", "vbench", *rest], **more)
        try:
            check = [*python, *array(here(health))[1:]]

            def healthy() -> bool:
                assert server.poll() is None, (place / "log").read_text()
                time.sleep(0.5)
                return subprocess.run(check, **{**more, "stderr": subprocess.DEVNULL}).returncode == 0

            until(healthy, "the board")
            assert (data / "board.sqlite").stat().st_uid == data.stat().st_uid
            backup = [*python, "-m", "vbench", "leaderboard", "backup", str(data / "board.zip")]
            assert subprocess.run(backup, **more).returncode == 0, (place / "log").read_text()
        finally:
            server.kill()
            server.wait()
    assert "Traceback" not in (place / "log").read_text()


def test_compose_gives_the_board_what_it_needs_and_shows_the_proxy_alone() -> None:
    services = COMPOSE["services"]
    assert {name for name, service in services.items() if "ports" in service} == {"proxy"}
    assert all(service["restart"] == "unless-stopped" for service in services.values())
    board = services["board"]
    settings = {name: value for name, value in board["environment"].items() if name.startswith(PREFIX)}
    assert settings.keys() <= NAMES
    assert board["deploy"]["replicas"] > 1
    assert settings[PREFIX + "DATABASE"].startswith("postgresql://board:")
    assert "@database/board" in settings[PREFIX + "DATABASE"]
    (network,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    assert ip_network(settings[PREFIX + "TRUSTED_PROXIES"]) == ip_network(network["subnet"])
    assert "front" in services["proxy"]["networks"]
    assert "front" not in services["database"]["networks"]
    assert services["database"]["healthcheck"]["test"][1] == "pg_isready"
    for service in services.values():
        named = [volume.split(":")[0] for volume in service.get("volumes", ())]
        assert all(name in COMPOSE["volumes"] or (ROOT / name).is_file() for name in named)
        assert set(service.get("depends_on", ())) <= services.keys()
        assert set(service.get("networks", ())) <= COMPOSE["networks"].keys()


def test_every_secret_is_asked_for_and_none_is_written_down() -> None:
    said = (ROOT / "deploy" / "board.env.example").read_text()
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    given = dict(line.split("=", 1) for line in said.splitlines() if line and not line.startswith("#"))
    assert given.keys() <= asked
    for name in ("POSTGRES_PASSWORD", PREFIX + "ADMIN_TOKENS", PREFIX + "METRICS_TOKENS"):
        assert given[name] == ""
    assert f"${{{PREFIX}ADMIN_TOKENS:?" in (ROOT / "compose.yaml").read_text()


def test_the_proxy_leads_to_the_board_and_keeps_a_visitor_at_one_process() -> None:
    said = (ROOT / "deploy" / "Caddyfile").read_text()
    assert said.count("{") == said.count("}")
    (port,) = instructions("EXPOSE")
    assert f"dynamic a board {port}" in said
    assert "lb_policy cookie" in said
    (largest,) = re.findall(r"max_size (\d+)MiB", said)
    assert int(largest) * 1024**2 > Settings.upload_bytes


def test_a_space_starts_the_same_image() -> None:
    _, front, _ = (ROOT / "deploy" / "space" / "README.md").read_text().split("---", 2)
    space = yaml.safe_load(front)
    assert space["sdk"] == "docker"
    assert [str(space["app_port"])] == instructions("EXPOSE")
    assert instructions("USER") == ["1000"]  # which a Space demands


def test_the_unit_holds(tmp_path: Path) -> None:
    said = UNIT.read_text()
    assert re.search(r"^User=(?!root)\w", said, re.MULTILINE)
    (command,) = re.findall(r"^ExecStart=(.*)$", said, re.MULTILINE)
    assert command.split()[1:] == ["leaderboard", "--port", "%i"]
    if not (analyze := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is not installed")
    copy = tmp_path / UNIT.name.replace("@", "@7860")
    copy.write_text(said.replace(command.split()[0], sys.executable))
    done = subprocess.run([analyze, "verify", "--man=no", copy], capture_output=True, text=True)
    ours = [line for line in (done.stdout + done.stderr).splitlines() if copy.name in line]
    assert ours == []
