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
import torch

from tests.footage import noise, write_video
from vbench.interface import evaluate
from vbench.runs.record import read_record
from vbench.runs.results import read_rows
from vbench.runs.workers import side_by_side, threads_each

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
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nor does a job under nohup hear this one
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


def toy_evaluate(folder: Path, dimension: str) -> list[str]:
    return [sys.executable, str(folder / "toy_run.py"), "evaluate", str(folder / "videos"), "-d", dimension,
            "--profile", "toy", "--device", "cpu", "-o", str(folder / "run")]  # fmt: skip


@pytest.fixture
def four_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process computes with four threads, which nobody asked for."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("four_threads")
def test_workers_share_the_threads_unless_a_number_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [threads_each(processes) for processes in (1, 2, 3, 4, 5)] == [4, 2, 1, 1, 1]
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert threads_each(5) == 4


@pytest.mark.usefixtures("four_threads")
def test_a_run_records_the_threads_of_a_worker_and_a_worker_has_them(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a-0.mp4", noise(4))
    run = evaluate(
        tmp_path / "videos", dimensions=["temporal_flickering"], profile="lite", workers=2, output=tmp_path / "run"
    )
    assert run.record.machine["threads"] == 2
    assert list(side_by_side(repr, threads_here, ["job"], torch.device("cpu"), 1, 3)) == [("job", 3)]


def test_a_worker_computes_strictly(tmp_path: Path) -> None:
    for index in range(2):
        write_video(tmp_path / "videos" / f"a-{index}.mp4", noise(4, seed=index))
    (tmp_path / "toy_run.py").write_text(SCRIPT)
    command = [*toy_evaluate(tmp_path, "precise"), "--workers", "2"]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
    assert [row.value for row in read_rows(tmp_path / "run")] == [1, 1]


def threads_here(tool: str, job: str) -> list[int]:
    """How many threads the process has that is asked."""
    return [torch.get_num_threads()]


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """An evaluation whose two workers are at a video each for a long time."""
    for index in range(4):
        write_video(tmp_path / "videos" / f"a-{index}.mp4", noise(4, seed=index))
    script, log = tmp_path / "toy_run.py", tmp_path / "log"
    script.write_text(SCRIPT)
    log.touch()
    environment = {**os.environ, "TOY_SECONDS": "600", "TOY_LOG": str(log), "PYTHONPATH": str(ROOT)}
    command = [*toy_evaluate(tmp_path, "brightness"), "--workers", "2"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 240
    while len(log.read_text().splitlines()) < 2:
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_nothing_is_left_a_moment_after(busy: subprocess.Popen[str], number: signal.Signals) -> None:
    children = family(busy.pid)
    assert len(children) >= 2
    busy.send_signal(number)
    _, said = busy.communicate(timeout=60)
    deadline = time.monotonic() + 60
    while alive(children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(children)
    if number == signal.SIGKILL:
        assert busy.returncode == -signal.SIGKILL
    else:
        assert busy.returncode == 128 + number
        assert "the same command continues" in said
        assert "Traceback" not in said


def test_two_evaluations_at_once_in_one_folder_are_one_and_a_refusal(
    busy: subprocess.Popen[str], tmp_path: Path
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TOY_LOG": str(tmp_path / "log")}
    other = toy_evaluate(tmp_path, "temporal_flickering")
    second = subprocess.run(other, env=environment, capture_output=True, text=True)
    assert second.returncode == 2
    assert f"run is in use by process {busy.pid}: wait for it" in second.stderr
    busy.kill()
    busy.communicate()
    for dimension in (
        "temporal_flickering",
        "brightness",
    ):  # a dead process holds nothing; one after the other they add up
        subprocess.run(toy_evaluate(tmp_path, dimension), env=environment, check=True, capture_output=True)
    assert read_record(tmp_path / "run").dimensions == ["brightness", "temporal_flickering"]
    assert {row.dimension for row in read_rows(tmp_path / "run")} == {"brightness", "temporal_flickering"}
