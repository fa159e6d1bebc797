"""``vbench distance``: interrupted and continued, by one process or two, it gives the same bits; and what it says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

from tests.distances.moving_colours import NAME, TABLE
from tests.footage import noise, write_text, write_video
from tests.schemas import checked
from vbench.cli.distance import distance
from vbench.dimensions import profiles
from vbench.distances.store import NAME as STORE
from vbench.errors import NothingToScore, UsageError

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


@pytest.mark.slow
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
    (first,), (second,) = checked("distance", whole.stdout), json.loads(continued.stdout)
    assert {**first, "made": ""} == {**second, "made": ""}


KILLS = """
import os, signal
from vbench.distances import sets

windows_of = sets.windows_of

def windows_or_death(path, *how):
    if path.name == "3.mp4":
        os.kill(os.getpid(), signal.SIGKILL)
    return windows_of(path, *how)

sets.windows_of = windows_or_death
"""


@pytest.mark.slow
def test_a_video_that_ends_its_worker_is_named_and_the_rest_goes_on(folder: Path) -> None:
    (folder / "run.py").write_text(KILLS + SCRIPT)
    done = called(
        folder, folder / "real", folder / "made", "--draws", 10, "--features", "deadly", "--workers", 2, "--json"
    )
    (folder / "run.py").write_text(SCRIPT)
    assert "Traceback" not in done.stderr
    (found,) = checked("distance", done.stdout)
    for side in ("real", "generated"):
        assert list(found[side]["unreadable"]) == ["3.mp4"], done.stdout
        assert "it was killed" in found[side]["unreadable"]["3.mp4"]


LEAVES = """
import os
from vbench.distances import sets

look_at_one = sets._look_at_one

def look_and_leave(protocol, real, loaded, job):
    yield from look_at_one(protocol, real, loaded, job)
    if job.name == "3.mp4":
        os._exit(3)

sets._look_at_one = look_and_leave
"""


@pytest.mark.slow
def test_a_worker_that_ends_once_it_has_looked_costs_nothing(folder: Path) -> None:
    """As where a library crashes while it lets go of a video."""
    (folder / "run.py").write_text(LEAVES + SCRIPT)
    sides = (folder / "real", folder / "made", "--draws", 10)
    done = called(folder, *sides, "--features", "leaves", "--workers", 2, "--json")
    (folder / "run.py").write_text(SCRIPT)
    assert done.returncode == 0, done.stderr
    whole = called(folder, *sides, "--features", "stays", "--json")
    assert stored(folder / "leaves") == stored(folder / "stays"), whole.stderr


def here(monkeypatch: pytest.MonkeyPatch, folder: Path, *args: object, **options: object) -> int:
    """The command in this process; its exit status."""
    monkeypatch.setattr(profiles.BACKBONES, "table", {**profiles.BACKBONES.table, **TABLE})
    monkeypatch.chdir(folder)
    settings = {"setting": [f"network={NAME}"], "features": Path("whole"), "draws": 10, "device": "cpu", **options}
    with pytest.raises(typer.Exit) as ended:
        distance(*args, **settings)  # type: ignore[arg-type]
    return int(ended.value.exit_code)


def test_what_it_says_to_people_and_against_an_earlier_result(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sides = folder / "real", folder / "made"
    assert here(monkeypatch, folder, *sides, metric=["fvd", "kvd"], output=Path("first.json")) == 0
    checked("distances.json", Path("first.json").read_text())
    said = capsys.readouterr().out
    for text in ("FVD ", "KVD ", "95 % interval", "protocol   free:network=", "a quarter", "real against itself"):
        assert text in said
    assert all(len(line) <= 80 or line.startswith("Note: ") for line in said.splitlines())
    assert here(monkeypatch, folder, *sides, export=Path("real.npz"), against=Path("first.json")) == 0
    told = capsys.readouterr()
    assert "real.npz: 9 videos, 9 windows, fvd" in told.err
    assert ", noise" in told.out
    with pytest.raises(UsageError, match="cannot be compared: they differ in frames 16 and 8"):
        here(monkeypatch, folder, *sides, against=Path("first.json"), setting=[f"network={NAME}", "frames=8"])
    shutil.copytree(folder / "made", folder / "damaged")
    write_text(folder / "damaged" / "text.mp4")
    assert here(monkeypatch, folder, folder / "real", folder / "damaged") == 1


def test_wrong_calls_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="fvd compares two folders"):
        distance(folder / "real")
    with pytest.raises(UsageError, match=r"ends in \.npz"):
        distance(folder / "real", protocol="lite", export=folder / "real.pkl")
    write_text(folder / "bad" / "text.mp4")
    with pytest.raises(NothingToScore, match=r"1 cannot be read: text\.mp4"):
        here(monkeypatch, folder, folder / "real", folder / "bad")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("real", "made", "-m", "fvd", "-m", "is"), "found frames=1, which is needs"),
        (("real", "nowhere", "--export", "unfit.npz"), "nowhere does not exist"),
    ],
)
def test_nothing_is_computed_of_a_call_that_has_something_wrong(
    folder: Path, tmp_path: Path, args: tuple[str, ...], said: str
) -> None:
    done = called(folder, *args, "--features", tmp_path / "features")
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "features").exists()
    assert not (folder / "unfit.npz").exists()
