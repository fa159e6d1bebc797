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

CODE = "import signal; signal.signal({number}, signal.default_int_handler); from vbench.cli import main; main()"
"""Background shells have their children ignore Ctrl-C."""


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
