"""What docs/leaderboard.md shows of a submission from beginning to end runs as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "leaderboard.md").read_text(encoding="utf-8")

OTHERS = ("VBENCH_BOARD_DATABASE", "VBENCH_BOARD_TOKEN", "VBENCH_BOARD_PUBLISHED_AT_ONCE")


def lines_of(heading: str) -> list[str]:
    """The commands of a section's first block."""
    (block,) = re.findall(rf"## {heading}\n.*?```sh\n(.*?)```", PAGE, re.DOTALL)[:1]
    return [re.sub(r"\s+#.*", "", line) for line in block.splitlines()]


def arguments(line: str) -> list[str]:
    first, *rest = shlex.split(line.removesuffix("&"))
    assert first == "vbench"
    return [sys.executable, "-m", "vbench", *rest]


@contextmanager
def serving(line: str, url: str, folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """The board of a line that ends in ``&``, once it answers."""
    with (folder / "board.log").open("wb") as log:
        board = subprocess.Popen(arguments(line), cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(600):
            assert board.poll() is None, (folder / "board.log").read_text()
            try:
                httpx.get(f"{url}/api/docs")
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield
    finally:
        board.terminate()
        board.wait(60)


def test_a_lite_run_on_a_board_of_ones_own(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if name not in OTHERS}
    environment = {**kept, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(tmp_path / "state")}
    url = f"http://127.0.0.1:{port}"
    printed: dict[str, str] = {}

    def run(line: str) -> None:
        done = subprocess.run(
            arguments(line), cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600
        )
        assert done.returncode in (0, 1), done.stderr
        assert "Traceback" not in done.stderr
        printed[line] = done.stdout

    before, board, after = _around(
        [line.replace("7860", port) for line in lines_of("From videos to a board of your own")]
    )
    for line in before:
        run(line)
    with serving(board, url, tmp_path, environment):
        for line in after:
            run(line)
        rows = httpx.get(f"{url}/api/board.json").json()["rows"]
    (own,) = [row for row in rows if not str(row["id"]).startswith("published-")]
    assert own["kind"] == "apart"
    assert own["card"]["name"] == "synthetic"
    assert own["card"]["frames"] == 24
    assert any("proxy" in reason for reason in own["apart"])
    assert "submission 1 is published" in "".join(printed.values())


def _around(lines: list[str]) -> tuple[list[str], str, list[str]]:
    (place,) = [place for place, line in enumerate(lines) if line.endswith("&")]
    return lines[:place], lines[place], lines[place + 1 :]
