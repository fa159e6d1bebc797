"""``vbench distance``: interrupted and continued, by one process or two, it gives the same bits; and what it says."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.distances.moving_colours import NAME
from tests.footage import noise, write_text, write_video
from vbench.cli.distance import distance
from vbench.distances.store import NAME as STORE
from vbench.errors import UsageError

ROOT = Path(__file__).parents[2]

SCRIPT = """
import signal

from tests.distances import moving_colours
from vbench import cli

moving_colours.bring()
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job does not hear it
    cli.main()
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("distance")
    for index in range(9):
        write_video(root / "real" / f"{index}.mp4", noise(20, 32, 48, seed=index))
        write_video(root / "made" / f"{index}.mp4", noise(20, 32, 48, seed=index + 100) // 2)
    (root / "run.py").write_text(SCRIPT)
    return root


def command(folder: Path, *args: object) -> list[str]:
    settings = ("--device", "cpu", "--progress", "plain", "-s", f"network={NAME}")
    return [sys.executable, str(folder / "run.py"), "distance", *map(str, args), *settings]


def called(folder: Path, *args: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command(folder, *args), env=environment, capture_output=True, text=True, cwd=folder)


def ended(folder: Path, args: Sequence[object], number: signal.Signals, looks: int) -> tuple[int, str]:
    """Exit status and standard error of a call that is ended after so many looks, one of which takes half a second."""
    log = folder / f"log{number}"
    log.touch()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TOY_LOG": str(log), "TOY_SECONDS": "0.5"}
    process = subprocess.Popen(command(folder, *args), env=environment, stderr=subprocess.PIPE, text=True, cwd=folder)
    deadline = time.monotonic() + 240
    while len(log.read_text().splitlines()) < looks and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=120)
    return process.returncode, said


def stored(features: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(features / STORE) as connection:
        return connection.execute("SELECT * FROM feature ORDER BY key, layer").fetchall()


def test_ended_killed_and_continued_it_gives_the_same_bits(folder: Path) -> None:
    sides = (folder / "real", folder / "made", "--draws", 10)
    whole = called(folder, *sides, "--features", "whole", "--json")
    assert whole.returncode == 0, whole.stderr
    args = (*sides, "--features", "parts", "--json")
    status, said = ended(folder, args, signal.SIGINT, looks=3)
    assert status == 130
    assert "of 9 videos are stored in parts/features.sqlite" in said
    assert "the same command continues" in said
    before = len(stored(folder / "parts"))
    assert 2 <= before < 9
    status, _ = ended(folder, args, signal.SIGKILL, looks=4)
    assert status == -signal.SIGKILL
    assert before < len(stored(folder / "parts")) < 18
    continued = called(folder, *args, "--workers", 2)
    assert continued.returncode == 0, continued.stderr
    assert stored(folder / "parts") == stored(folder / "whole")
    (first,), (second,) = json.loads(whole.stdout), json.loads(continued.stdout)
    assert {**first, "made": ""} == {**second, "made": ""}


def test_what_it_says_to_people_and_against_an_earlier_result(folder: Path) -> None:
    sides = (folder / "real", folder / "made", "--features", "whole", "--draws", 10)
    first = called(folder, *sides, "-o", "first.json", "-m", "fvd", "-m", "kvd")
    assert first.returncode == 0, first.stderr
    assert max(map(len, first.stdout.splitlines())) <= 80 or "Note:" in max(first.stdout.splitlines(), key=len)
    for text in ("FVD ", "KVD ", "95 % interval", "protocol   free:network=", "a quarter", "real against itself"):
        assert text in first.stdout
    written = called(folder, *sides, "--export", "real.npz", "--against", "first.json")
    assert written.returncode == 0, written.stderr
    assert "real.npz: 9 videos, 9 windows, fvd" in written.stderr
    assert ", noise" in written.stdout
    other = called(folder, *sides, "--against", "first.json", "-s", "frames=8")
    assert other.returncode == 2
    assert "cannot be compared: they differ in frames 16 and 8" in " ".join(other.stderr.split())


def test_wrong_calls_are_told(folder: Path) -> None:
    with pytest.raises(UsageError, match="fvd compares two folders"):
        distance(folder / "real")
    with pytest.raises(UsageError, match=r"ends in \.npz"):
        distance(folder / "real", metric=["fvd"], protocol="lite", export=folder / "real.pkl")
    write_text(folder / "bad" / "text.mp4")
    none = called(folder, folder / "real", folder / "bad", "--features", "whole")
    assert none.returncode == 3
    assert "1 cannot be read: text.mp4" in " ".join(none.stderr.split())
