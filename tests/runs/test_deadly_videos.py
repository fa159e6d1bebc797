"""A video that ends the process which looks at it costs its own scores, and nothing else."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import Queue
from pathlib import Path

import pytest
import torch

from tests import toys
from tests.footage import noise, write_video
from tests.runs.test_choose_static import FLICKER, moving, still
from vbench.dimensions.profiles import profile
from vbench.errors import UsageError
from vbench.files.digest import content_of
from vbench.prompts.suite import Prompt
from vbench.runs import workers
from vbench.runs.choose_static import NOT_NEEDED, Candidates
from vbench.runs.evaluators import Evaluators
from vbench.runs.executor import rows_of
from vbench.runs.jobs import Job, first_of, rest_of
from vbench.runs.one_video import OneVideo, Part
from vbench.runs.plan import VideoTask
from vbench.runs.record import FINISHED, read_record
from vbench.runs.results import read_rows
from vbench.runs.store import FAILED, NOT_STATIC, SCORED, Row
from vbench.runs.workers import side_by_side
from vbench.worker import Ended, Worker, WorkerDied

ROOT = Path(__file__).parents[2]

CPU = torch.device("cpu")

COUNT = 5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Videos of which the one called -1 is deadly."""
    for index in range(COUNT):
        write_video(tmp_path / "videos" / f"a-{index}.mp4", noise(4, seed=index))
    toys.site_in(tmp_path)
    return tmp_path


def call(folder: Path, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    """In a group of its own, so that what ends a group ends no more than that."""
    asked = ("evaluate", "videos", "-d", "deadly", "--profile", "lite", "--device", "cpu", "-o", "run", *options)
    return run(folder, "-m", "vbench", *asked, **more)


def run(folder: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    log = folder / "log"
    log.write_text("")
    paths = os.pathsep.join(map(str, (folder / "site", ROOT)))
    environment = {**os.environ, "PYTHONPATH": paths, "TOY_LOG": str(log), **more}
    return subprocess.run(
        [sys.executable, *command], env=environment, cwd=folder, start_new_session=True, capture_output=True, text=True
    )


def tries(folder: Path) -> int:
    """How often the deadly video was looked at by the last call."""
    return (folder / "log").read_text().count("a-1.mp4")


def statuses(folder: Path) -> dict[str, str]:
    return {row.video: row.status for row in read_rows(folder / "run")}


OTHERS = {f"a-{index}.mp4": SCORED for index in range(COUNT) if index != 1}


@pytest.mark.slow
def test_the_others_work_goes_on_and_it_is_tried_once_more_alone(folder: Path) -> None:
    done = call(folder, "--workers", "2")
    assert done.returncode == 1, done.stderr
    assert statuses(folder) == {**OTHERS, "a-1.mp4": FAILED}
    assert tries(folder) == 2
    assert "a-1.mp4: it was killed, as happens where memory runs out (SIGKILL); looked at once more" in done.stderr
    (row,) = (row for row in read_rows(folder / "run") if row.status == FAILED)
    assert row.reason.startswith("the process that looked at it, and at nothing else, ended: it was killed")
    assert read_record(folder / "run").status == FINISHED
    again = call(folder, "--workers", "2")
    assert (again.returncode, tries(folder)) == (1, 1)
    assert "a-1.mp4: looked at last, in a process of its own" in again.stderr


@pytest.mark.slow
def test_the_command_goes_past_it_in_one_process_too(folder: Path) -> None:
    done = call(folder)
    assert done.returncode == 1, done.stderr
    assert "the process that scored has ended: it was killed, as happens where memory runs out (SIGKILL)" in done.stderr
    assert "a-1.mp4, a-2.mp4: looked at last, in a process of its own, as one ended while at it" in done.stderr
    assert statuses(folder) == {**OTHERS, "a-1.mp4": FAILED}
    assert tries(folder) == 2
    assert read_record(folder / "run").status == FINISHED
    assert (call(folder).returncode, tries(folder)) == (1, 1)
    assert call(folder, TOY_HARMLESS="1").returncode == 0
    assert statuses(folder) == {**OTHERS, "a-1.mp4": SCORED}
    assert not list((folder / "run").glob(".vbench.at-work"))


@pytest.mark.slow
def test_the_command_goes_past_several_in_one_process_too(folder: Path) -> None:
    for index in (3, 4):
        (folder / "videos" / f"a-{index}.mp4").rename(folder / "videos" / f"b{index}-1.mp4")
    done = call(folder)
    assert done.returncode == 1, done.stderr
    deadly = dict.fromkeys(("a-1.mp4", "b3-1.mp4", "b4-1.mp4"), FAILED)
    assert statuses(folder) == {"a-0.mp4": SCORED, "a-2.mp4": SCORED, **deadly}


@pytest.mark.slow
def test_what_ends_a_command_over_no_video_ends_it(folder: Path) -> None:
    """As a library does that crashes whatever it is given: one more process, and no third."""
    (folder / "site" / "sitecustomize.py").write_text(SUICIDAL)
    done = call(folder)
    assert done.returncode == -signal.SIGABRT
    assert done.stderr.count("the process that scored has ended: it crashed (SIGABRT)") == 1


SUICIDAL = """
from vbench.runs import make_plan
import os
def crash(*args, **more):
    os.abort()
make_plan.make_plan = crash
"""


@pytest.mark.slow
@pytest.mark.parametrize("count", ["1", "2"])
def test_what_ends_all_processes_even_alone_is_left_alone_by_the_next_call(folder: Path, count: str) -> None:
    """As where a container is ended for the memory of one of its processes."""
    together = {"TOY_TOGETHER": "1"}
    assert call(folder, "--workers", count, **together).returncode == -signal.SIGKILL
    assert call(folder, "--workers", count, **together).returncode == -signal.SIGKILL
    assert statuses(folder).items() <= OTHERS.items()
    done = call(folder, "--workers", count, **together)
    assert (done.returncode, tries(folder)) == (1, 0), done.stderr
    assert statuses(folder) == {**OTHERS, "a-1.mp4": FAILED}
    assert call(folder, "--workers", count).returncode == 1
    assert tries(folder) == 1


PLAIN = """
import vbench
open("begun", "a").write("once more\\n")
vbench.evaluate("videos", dimensions=["deadly"], profile="lite", device="cpu", output="run")
"""


@pytest.mark.slow
def test_a_plain_script_that_is_called_again_is_not_run_by_the_process_that_looks_at_it(folder: Path) -> None:
    (folder / "plain.py").write_text(PLAIN)
    assert run(folder, "plain.py").returncode == -signal.SIGKILL
    done = run(folder, "plain.py")
    assert done.returncode == 0, done.stderr
    assert statuses(folder) == {**OTHERS, "a-1.mp4": FAILED}
    assert len((folder / "begun").read_text().splitlines()) == 2


KILLS = """
import os, signal
from vbench import cli
from vbench.dimensions.dynamic_degree import DynamicDegree
from vbench.dimensions.temporal_flickering import TemporalFlickering

def kill_over(dimension, names):
    score = dimension.score
    def score_or_die(self, video, prompt):
        if video.path.stem.rpartition("-")[2] in names:
            os.kill(0 if "TOGETHER" in os.environ else os.getpid(), signal.SIGKILL)
        return score(self, video, prompt)
    dimension.score = score_or_die

kill_over(TemporalFlickering, ("10", "12"))
kill_over(DynamicDegree, ("2", "3"))
if __name__ == "__main__":
    cli.main()
"""

MOTION = "dynamic_degree"


def judge_lamps(folder: Path, *dimensions: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Samples of one prompt, of which -1 moves, by two workers."""
    if not (folder / "videos").exists():
        for index in range(25):
            write_video(folder / "videos" / f"a lamp-{index}.mp4", (moving if index == 1 else still)(index))
        (folder / "suite.json").write_text(json.dumps([{"prompt_en": "a lamp", "dimension": [FLICKER, MOTION]}]))
        (folder / "run.py").write_text(KILLS)
    asked = ("videos", "--suite", "suite.json", "--profile", "lite", "--device", "cpu", "-o", "run", "--workers", "2")
    return run(folder, "run.py", "evaluate", *asked, *(one for name in dimensions for one in ("-d", name)), **more)


def of_lamps(folder: Path) -> dict[str, dict[str, str]]:
    """Dimension -> number of a sample -> status."""
    found: dict[str, dict[str, str]] = {FLICKER: {}, MOTION: {}}
    for row in read_rows(folder / "run"):
        found[row.dimension][Path(row.video).stem.rpartition("-")[2]] = row.status
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dimension", "found"),
    [
        (FLICKER, dict.fromkeys(("0", "11", "13", "14", "15"), SCORED) | {"1": NOT_STATIC, "10": FAILED, "12": FAILED}),
        (MOTION, dict.fromkeys(("0", "1", "4"), SCORED) | {"2": FAILED, "3": FAILED}),
    ],
)
def test_of_several_that_end_everything_each_is_left_alone(
    tmp_path: Path, dimension: str, found: dict[str, str]
) -> None:
    """Each is met beside others, after others of its job, and alone, at most."""
    for _ in range(6):
        done = judge_lamps(tmp_path, dimension, TOGETHER="1")
        if done.returncode != -signal.SIGKILL:
            break
    assert done.returncode == 1, done.stderr
    assert of_lamps(tmp_path)[dimension] == found


@pytest.mark.slow
def test_of_samples_that_are_looked_at_in_turn_those_are_named_that_end_it(tmp_path: Path) -> None:
    """Also those that the filter does not need any more, over what goes with them."""
    done = judge_lamps(tmp_path, FLICKER, MOTION)
    assert done.returncode == 1, done.stderr
    found = of_lamps(tmp_path)
    judged = dict.fromkeys(("0", "11", "13", "14", "15"), SCORED)
    assert found[FLICKER] == judged | {"1": NOT_STATIC, "10": FAILED, "12": FAILED}
    assert found[MOTION] == dict.fromkeys(("0", "1", "4"), SCORED) | dict.fromkeys(("2", "3"), FAILED)


def test_samples_one_after_the_other_are_what_they_are_together(tmp_path: Path) -> None:
    """As a cluster does them where a worker ended over them."""
    prompt, tasks, beside = Prompt("a lamp", (FLICKER,)), [], {}
    for name in "abcde":
        path = write_video(tmp_path / f"{name}.mp4", (moving if name == "b" else still)(ord(name)))
        task = VideoTask(path, path.name, prompt, (FLICKER,), content_of(path), cache_keys={FLICKER: name})
        beside[path] = OneVideo(path, (Part(0, replace(task, cache_keys={MOTION: name})),))
        tasks.append(task)
    judges = Evaluators(profile("lite"), CPU, filtered=(FLICKER,))
    whole = Candidates(FLICKER, tasks, 2, False, {"c.mp4": SCORED}, beside={tasks[4].path: beside[tasks[4].path]})
    by_video: list[Row] = []
    job: Job | None = whole
    while job:
        rows = list(rows_of(first_of(job), judges, 2**20))
        by_video, job = by_video + rows, rest_of(job, rows)
    found = [(row.video, row.dimension, row.status) for row in by_video]
    assert found == [(row.video, row.dimension, row.status) for row in rows_of(whole, judges, 2**20)]
    assert [status for _, name, status in found if name == FLICKER] == [SCORED, NOT_STATIC, NOT_NEEDED, NOT_NEEDED]


def test_no_more_samples_are_judged_where_one_that_had_failed_has_a_score_now() -> None:
    prompt = Prompt("a lamp", (FLICKER,))
    tasks = [VideoTask(Path(name), name, prompt, (FLICKER,), cache_keys={FLICKER: name}) for name in "abcd"]
    whole = Candidates(FLICKER, tasks, 1, False, {"b": SCORED}, beside={})
    left = rest_of(whole, [Row("a", prompt.text, FLICKER, "a")])
    assert left
    judges = Evaluators(profile("lite"), CPU, filtered=(FLICKER,))
    rows = list(rows_of(left, judges, 2**20))
    assert [(row.video, row.status) for row in rows] == [(name, NOT_NEEDED) for name in "bcd"]
    assert rest_of(left, rows) is None


MANY = """
import os, signal
from vbench import cli
from vbench.dimensions.temporal_flickering import TemporalFlickering
from vbench.runs import workers

workers.ENDED_IN_A_ROW = 2
score = TemporalFlickering.score

def score_or_die(self, video, prompt):
    if video.path.stem in ("a-0", "a-1", "a-2"):
        os.kill(os.getpid(), signal.SIGKILL)
    return score(self, video, prompt)

TemporalFlickering.score = score_or_die
if __name__ == "__main__":
    cli.main()
"""


@pytest.mark.slow
def test_the_call_after_many_that_ended_their_processes_goes_on_past_them(folder: Path) -> None:
    (folder / "many.py").write_text(MANY)
    asked = ("evaluate", "videos", "-d", FLICKER, "--profile", "lite", "--device", "cpu", "-o", "run", "--workers", "2")
    first = run(folder, "many.py", *asked)
    assert first.returncode == 4
    assert "a run looks at these last then, and goes on with the others" in first.stderr
    assert run(folder, "many.py", *asked).returncode == 1
    assert statuses(folder) == dict.fromkeys(("a-3.mp4", "a-4.mp4"), SCORED) | dict.fromkeys(
        ("a-0.mp4", "a-1.mp4", "a-2.mp4"), FAILED
    )


PIPED = """
import vbench
run = vbench.evaluate(
    "videos", dimensions=["temporal_flickering"], profile="lite", device="cpu", output="run", workers=2
)
print(run.card.scores["temporal_flickering"])
"""


@pytest.mark.slow
def test_a_script_by_standard_input_may_ask_for_workers(folder: Path) -> None:
    (folder / "piped.py").write_text(PIPED)
    shell = f"{sys.executable} - < piped.py"
    done = subprocess.run(["sh", "-c", shell], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert statuses(folder) == {f"a-{index}.mp4": SCORED for index in range(COUNT)}


def nothing(device: torch.device | None = None) -> None:
    """Prepare nothing."""


def leave(tool: None, job: str) -> Iterator[str]:
    """End the process."""
    os._exit(3)


def leave_at_once(device: torch.device) -> None:
    """End the process before it has started."""
    os._exit(3)


def refuse(tool: None, job: str) -> Iterator[str]:
    """Say something, then raise."""
    yield job
    raise UsageError(job)


def keep(tool: None, job: str) -> Iterator[str]:
    """Say something, then end the process."""
    yield job
    os._exit(3)


@pytest.mark.slow
def test_a_process_that_does_not_start_is_told() -> None:
    with pytest.raises(WorkerDied, match=r"does not start: it ended by itself \(status 3\), 3 times in a row"):
        list(side_by_side(leave_at_once, keep, ["a"], CPU, 1, 1))


@pytest.mark.slow
def test_what_a_job_raises_is_raised_here() -> None:
    with pytest.raises(UsageError, match="a job"):
        list(side_by_side(nothing, refuse, ["a job"], CPU, 1, 1))


@pytest.mark.slow
def test_where_every_job_ends_its_process_it_is_not_the_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "ENDED_IN_A_ROW", 2)
    seen = []
    with pytest.raises(WorkerDied, match="2 worker processes ended one after the other"):
        seen += list(side_by_side(nothing, leave, ["a", "b", "c"], CPU, 1, 1))


@pytest.mark.slow
def test_a_worker_does_the_next_job_in_another_process() -> None:
    with Worker(nothing, leave) as worker:
        assert [*worker.do("a"), *worker.do("b")] == [Ended("it ended by itself (status 3)", [])] * 2
    with Worker(nothing, keep) as worker:
        assert list(worker.do("a")) == ["a", Ended("it ended by itself (status 3)", ["a"])]


def start_another(tool: None, job: str) -> Iterator[str]:
    """Have a process of its own do something, as a loader of data does."""
    another = multiprocessing.get_context("spawn").Process(target=nothing, args=(CPU,))
    another.start()
    another.join()
    yield f"{job} {another.exitcode}"


@pytest.mark.slow
def test_a_worker_may_have_processes_of_its_own() -> None:
    with Worker(nothing, start_another) as worker:
        assert list(worker.do("a")) == ["a 0"]


def call_workers(heard: Queue[str]) -> None:
    """Say what becomes of workers here."""
    try:
        list(side_by_side(nothing, refuse, ["a"], CPU, 1, 1))
    except Exception as error:
        heard.put(f"{type(error).__name__}: {error}")


@pytest.mark.slow
def test_where_no_process_may_be_started_it_is_told() -> None:
    context = multiprocessing.get_context("spawn")
    heard: Queue[str] = context.Queue()
    daemon = context.Process(target=call_workers, args=(heard,), daemon=True)
    daemon.start()
    daemon.join()
    assert re.match("UsageError: .* is a daemonic process of multiprocessing", heard.get())


FULL = """
import os, resource
from multiprocessing import connection, popen_spawn_posix
from tests.runs.test_deadly_videos import CPU, keep, nothing
from vbench.runs.workers import side_by_side
from vbench.worker import WorkerDied
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
try:
    list(side_by_side(nothing, keep, ["a"], CPU, 2, 1))
except WorkerDied as error:
    print(error)
"""


@pytest.mark.slow
def test_a_limit_of_the_system_is_named(folder: Path) -> None:
    assert run(folder, "-c", FULL).stdout.startswith("The system starts no other process (Too many open files).")
