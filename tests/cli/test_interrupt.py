"""Told to end, a command says what is stored and how to go on; in a pipe as in a terminal."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.footage import noise, write_video
from vbench.files.lock import NAME, alive

CODE = "import signal; signal.signal({number}, signal.default_int_handler); from vbench.cli import main; main()"
"""Background shells have their children ignore Ctrl-C."""

PROGRAM = "import signal; signal.signal({number}, signal.default_int_handler); from vbench.__main__ import run; run()"


def interrupted(args: list[object], ready: Callable[[], bool], number: int, terminal: bool) -> tuple[int, str]:
    """Exit status and standard error of a command that is told to end once it is at work."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    command = [sys.executable, "-c", CODE.format(number=number), *map(str, args)]
    child = subprocess.Popen(command, stderr=theirs, stdout=subprocess.DEVNULL)
    os.close(theirs)
    deadline = time.monotonic() + 60
    while not ready() and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(number)
    told = b""
    try:
        while piece := os.read(ours, 1 << 16):
            told += piece
    except OSError:  # a terminal whose other end is closed
        pass
    os.close(ours)
    return child.wait(), told.decode()


@pytest.mark.parametrize("terminal", [False, True])
def test_generate(tmp_path: Path, terminal: bool) -> None:
    out = tmp_path / "videos"
    args = [
        "generate",
        "-m",
        "synthetic",
        "--suite",
        "mini",
        "--samples",
        "5",
        "--frames",
        "8",
        "--size",
        "256x256",
        "-o",
        out,
    ]
    status, told = interrupted(args, lambda: len(list(out.glob("*.mp4"))) > 2, signal.SIGINT, terminal)
    assert status == 130
    kept = len(list(out.glob("*.mp4")))
    assert f"videos are stored in {out}" in " ".join(told.split())
    assert "the same command continues" in told
    assert json.loads((out / "sampling.json").read_text())["status"] == "interrupted"
    assert kept > 2
    assert not list(out.glob(".growing*"))


def test_filter_static(tmp_path: Path) -> None:
    for index in range(60):
        write_video(tmp_path / "videos" / f"a lamp-{index}.mp4", noise(16, 128, 128, seed=index))
    args = ["filter-static", tmp_path / "videos", "--scope", "all", "--profile", "lite", "-o", tmp_path / "out"]
    log = tmp_path / "out" / "verdicts.jsonl"
    status, told = interrupted(args, lambda: log.exists() and log.stat().st_size > 0, signal.SIGTERM, False)
    assert status == 143
    assert f"the verdicts that were made are stored in {log}" in told
    assert "the same command continues" in told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_program_tells_the_process_that_computes(tmp_path: Path, number: signal.Signals) -> None:
    """It ends with it, and as it did."""
    for index in range(6):
        write_video(tmp_path / "videos" / f"a-{index}.mp4", noise(48, 256, 256, seed=index))
    command = ["evaluate", "videos", "--profile", "lite", "--device", "cpu", "-o", "run"]
    parent = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(number=int(signal.SIGINT)), *command],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    lock, deadline = tmp_path / "run" / NAME, time.monotonic() + 60
    while not lock.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    child, _, which = lock.read_text().split()
    assert int(child) != parent.pid
    parent.send_signal(number)
    _, told = parent.communicate(timeout=60)
    if number == signal.SIGKILL:
        assert parent.returncode == -signal.SIGKILL
    else:
        assert parent.returncode == 128 + number
        assert "interrupted. What was finished is stored; the same command continues." in told
        assert "Traceback" not in told
    while alive(int(child), which) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(int(child), which)


def test_the_same_that_comes_twice_at_once_is_heard_once() -> None:
    code = (
        "import os, signal, time\nfrom vbench import cli\nsignal.signal(2, signal.default_int_handler)\ncli._listen()\n"
        "for _ in range(2):\n    try:\n        os.kill(os.getpid(), 2)\n        time.sleep(0.01)\n"
        "        print('not heard')\n    except cli.Stopped:\n        print('heard')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["heard", "not heard"]
