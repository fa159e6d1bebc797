"""Worker processes end with the one that called, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.footage import noise, write_video

ROOT = Path(__file__).parents[2]

SCRIPT = """
import signal

from tests import toys
from vbench import cli
from vbench.dimensions import profiles

toys.bring()
known = {**profiles.profiles(), "toy": toys.PROFILE}
profiles.profiles = lambda: known
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job does not hear it
    cli.main()
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are watched by way of /proc"),
]


def family(parent: int) -> set[int]:
    """A process's descendants."""
    found: set[int] = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, rest = int(status.parent.name), status.read_text().rsplit(")", 1)[1].split()
        except (OSError, ValueError):
            continue
        if int(rest[1]) == parent and rest[0] != "Z":
            found |= {number, *family(number)}
    return found


def alive(numbers: set[int]) -> set[int]:
    return {number for number in numbers if Path(f"/proc/{number}").exists()}


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """An evaluation whose two workers are at a video each for a long time."""
    for index in range(4):
        write_video(tmp_path / "videos" / f"a-{index}.mp4", noise(4, seed=index))
    script, log = tmp_path / "toy_run.py", tmp_path / "log"
    script.write_text(SCRIPT)
    log.touch()
    environment = {**os.environ, "TOY_SECONDS": "600", "TOY_LOG": str(log), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), "evaluate", str(tmp_path / "videos"), "-d", "brightness", "--profile",
               "toy", "--device", "cpu", "--workers", "2", "-o", str(tmp_path / "run")]  # fmt: skip
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 240
    while len(log.read_text().splitlines()) < 2:
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_five_seconds_after(busy: subprocess.Popen[str], number: signal.Signals) -> None:
    children = family(busy.pid)
    assert len(children) >= 2
    busy.send_signal(number)
    _, said = busy.communicate(timeout=60)
    deadline = time.monotonic() + 5
    while alive(children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(children)
    if number == signal.SIGKILL:
        assert busy.returncode == -signal.SIGKILL
    else:
        assert busy.returncode == 128 + number
        assert "the same command continues" in said
        assert "Traceback" not in said
