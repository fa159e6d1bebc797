"""Videos that a board evaluates itself: the queue, its leases, and workers that are killed in the middle."""

from __future__ import annotations

import http.server
import itertools
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.counted import assert_linear, instructions
from tests.leaderboard.archives import archive, card, rows, run
from tests.leaderboard.conftest import until
from tests.schemas import checked
from vbench import interface
from vbench.errors import Refused, UsageError, VBenchError
from vbench.files.lock import NAME, alone_in
from vbench.leaderboard.board import Board
from vbench.leaderboard.jobs import CANCELLED, FAILED, MOST_TRIES, PUBLISHED, QUEUED, RUNNING, Job, Jobs, Lost
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.video_archive import fetched
from vbench.leaderboard.web.ui.pages import queue as queue_page
from vbench.leaderboard.worker import FAULT, Worker
from vbench.progress import Progress

OPTIONS = {"suite": "mini", "profile": "official"}

PATH = "/home/somebody/secret/videos"


@pytest.fixture
def now() -> list[float]:
    return [1e9]


@pytest.fixture
def jobs(board: Board, now: list[float]) -> Jobs:
    return Jobs(board.database, lease=60, clock=lambda: now[0])


def test_jobs_are_taken_in_turn_and_each_once(jobs: Jobs) -> None:
    added = [jobs.add(PATH, card(f"Model {n}"), OPTIONS) for n in range(4)]
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda n: jobs.claim(f"worker {n}"), range(8)))
    assert sorted(job.id for job in claimed if job) == [job.id for job in added]
    assert claimed.count(None) == 4
    assert {job.state for job in jobs.all()} == {RUNNING}
    assert PATH not in json.dumps([job.public() for job in jobs.all()])


def test_a_claim_costs_what_one_job_costs(board: Board, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """No two changes are of the same second, which would be other statements."""
    seconds = itertools.count()
    monkeypatch.setattr("vbench.leaderboard.jobs.now", lambda: f"second {next(seconds)}")

    def worked_off(count: int) -> int:
        for number in range(count):
            jobs.add(PATH, card(f"Model {number}"), OPTIONS)

        def work() -> None:
            while job := jobs.claim("worker"):
                jobs.fail(job.id, "worker", "no")

        return instructions(work)

    assert_linear(worked_off, (10, 20, 40))


def test_a_claim_reads_no_job_that_is_done(board: Board, jobs: Jobs) -> None:
    """The database does not say what it has read; its plan says how it looks for the next job."""
    asked = list[tuple[str, Any]]()

    def heard(connection: Any, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT") and "FROM job" in statement:
            asked.append((statement, parameters))

    for number in range(300):
        jobs.cancel(jobs.add(PATH, card(f"Model {number}"), OPTIONS).id)
    jobs.add(PATH, card(), OPTIONS)
    event.listen(board.database.engine, "before_cursor_execute", heard)
    assert jobs.claim("worker")
    event.remove(board.database.engine, "before_cursor_execute", heard)
    with board.database.engine.connect() as connection:
        if board.database.is_shared:
            connection.exec_driver_sql("ANALYZE job")
        explain = "EXPLAIN " if board.database.is_shared else "EXPLAIN QUERY PLAN "
        plans = [str(connection.exec_driver_sql(explain + one, given).all()) for one, given in asked]
    assert plans
    assert all("ix_job_state_id" in plan for plan in plans), plans


def test_the_page_of_a_long_queue_costs_what_it_shows(
    board: Board, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_page, "LATEST", 5)

    def page_of(more: int) -> int:
        for number in range(more):
            jobs.add(PATH, card(f"Model {number}"), OPTIONS)
        queue_page._page(board)  # what is made once counts nowhere
        return instructions(lambda: queue_page._page(board))

    few, many = page_of(20), page_of(60)
    assert many < 1.05 * few
    assert "And 75 older ones" in queue_page._page(board)


def test_a_worker_that_is_silent_loses_its_job(jobs: Jobs, now: list[float]) -> None:
    number = jobs.add(PATH, card(), OPTIONS).id
    assert jobs.claim("first")
    now[0] += 59
    assert jobs.claim("second") is None
    jobs.alive(number, "first", 3, 10)
    now[0] += 59
    assert jobs.claim("second") is None
    now[0] += 1
    taken = jobs.claim("second")
    assert taken
    assert (taken.id, taken.tries, taken.done, taken.total) == (number, 2, 3, 10)
    for say in (
        partial(jobs.alive, number, "first", 4, 10),
        partial(jobs.fail, number, "first", "no"),
        partial(jobs.publish, number, "first", 1),
        partial(jobs.give_back, number, "first"),
    ):
        with pytest.raises(Lost):
            say()
    assert jobs.job(number).state == RUNNING


def test_what_kills_every_worker_fails_at_last(jobs: Jobs, now: list[float]) -> None:
    number = jobs.add(PATH, card(), OPTIONS).id
    for attempt in range(MOST_TRIES):
        assert jobs.claim(f"worker {attempt}")
        now[0] += 61
    assert jobs.claim("one more") is None
    job = jobs.job(number)
    assert job.state == FAILED
    assert "ended 3 times" in job.reason
    assert (jobs.retry(number).state, jobs.job(number).tries) == (QUEUED, 0)
    assert jobs.cancel(number).state == CANCELLED
    assert jobs.claim("somebody") is None
    with pytest.raises(Refused, match="is cancelled; expected one that is queued or running"):
        jobs.cancel(number)


def test_a_worker_that_is_told_to_stop_gives_its_job_back(board: Board, jobs: Jobs, tmp_path: Path) -> None:
    number = jobs.add(str(tmp_path), card(), OPTIONS).id

    def evaluate(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Worker(board, jobs, tmp_path, evaluate, "this board").one()
    assert (jobs.job(number).state, jobs.job(number).tries) == (QUEUED, 0)


def test_a_worker_that_ended_before_it_could_say_so_has_published(
    board: Board, jobs: Jobs, now: list[float], tmp_path: Path
) -> None:
    job = jobs.add(str(tmp_path), card(), OPTIONS)
    assert jobs.claim("first")
    number = board.submit(archive(tmp_path), local=True, key=job.key).id
    now[0] += 61

    def evaluate(*_: object) -> None:
        raise AssertionError("it was evaluated before")

    done = Worker(board, jobs, tmp_path, evaluate, "this board").one()
    assert done
    assert (done.state, done.submission, done.tries) == (PUBLISHED, number, 2)
    assert len([row for row in board.entries() if row.id.isdecimal()]) == 1


@pytest.mark.parametrize("holder", ["{me} {host}", "1 elsewhere"])
def test_a_lock_that_a_dead_worker_left_keeps_nobody_out(
    board: Board, now: list[float], tmp_path: Path, holder: str
) -> None:
    """A worker in a container has the number of the one that was killed; one of another machine cannot be asked."""
    jobs = Jobs(board.database, lease=0.5, clock=lambda: now[0])
    job = jobs.add(str(tmp_path), card(), OPTIONS)
    assert jobs.claim("first")
    now[0] += 1
    place = tmp_path / f"job-{job.id}-{job.key[:8]}"
    for folder in (place, place / "run"):
        folder.mkdir()
        (folder / NAME).write_text(holder.format(me=os.getpid(), host=socket.gethostname()))

    def evaluate(videos: Path, folder: Path, job: Job, progress: Progress) -> None:
        with alone_in(folder):
            run(folder, rows())

    done = Worker(board, jobs, tmp_path, evaluate, "this board").one()
    assert done
    assert (done.state, done.reason, done.tries) == (PUBLISHED, "", 2)


def test_two_workers_of_one_job_do_not_work_side_by_side(board: Board, jobs: Jobs, tmp_path: Path) -> None:
    """One that was cancelled and put in the queue again, while its first worker is in the middle of a score."""
    number = jobs.add(str(tmp_path), card(), OPTIONS).id
    began, met, over = threading.Event(), threading.Event(), threading.Event()
    order: list[str] = []

    def slow(videos: Path, folder: Path, job: Job, progress: Progress) -> None:
        began.set()
        over.wait(60)
        order.append("first")
        raise VBenchError("It was cancelled.")

    def quick(videos: Path, folder: Path, job: Job, progress: Progress) -> None:
        order.append("second")
        met.set()
        run(folder, rows())

    with ThreadPoolExecutor(2) as pool:
        pool.submit(Worker(board, jobs, tmp_path, slow, "this board").one)
        assert began.wait(60)
        jobs.cancel(number)
        jobs.retry(number)
        second = pool.submit(Worker(board, jobs, tmp_path, quick, "this board").one)
        until(lambda: jobs.job(number).state == RUNNING, "the second worker")
        met.wait(1)
        over.set()
        second.result()
    assert order == ["first", "second"]
    assert jobs.job(number).state == PUBLISHED


def test_why_a_job_failed_is_told_without_our_folders(
    board: Board, jobs: Jobs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    errors = iter([VBenchError(f"{PATH}/a.mp4 cannot be read."), ZeroDivisionError(PATH)])

    def evaluate(videos: Path, run: Path, job: Job, progress: Progress) -> None:
        raise next(errors)

    worker = Worker(board, jobs, tmp_path, evaluate, "this board")
    for source in (tmp_path, tmp_path, Path(PATH)):
        jobs.add(str(source), card(), OPTIONS)
        worker.one()
    reasons = [job.reason for job in reversed(jobs.all())]
    assert reasons[:2] == ["a.mp4 cannot be read.", FAULT]
    assert reasons[2].startswith("There is neither")


def test_visitors_see_the_state_of_every_job_and_no_folder(board: Board, jobs: Jobs) -> None:
    assert "Nothing was put in the queue yet" in queue_page._page(board)
    numbers = [jobs.add(PATH, card(f"Model <{n}>"), OPTIONS).id for n in range(3)]
    for worker in ("first", "second"):
        assert jobs.claim(worker)
    jobs.alive(numbers[0], "first", 3, 12)
    jobs.fail(numbers[1], "second", "a.mp4 cannot be read.")
    page = queue_page._page(board)
    for said in ("queued", "running", "failed", "3 of 12 scores", "a.mp4 cannot be read.", "Model &lt;2&gt;"):
        assert said in page
    assert "somebody" not in page


def test_a_cancelled_job_is_left_at_its_next_score(board: Board, jobs: Jobs, tmp_path: Path) -> None:
    jobs.lease = 0.06
    number = jobs.add(str(tmp_path), card(), OPTIONS).id
    seen = threading.Event()

    def evaluate(videos: Path, run: Path, job: Job, progress: Progress) -> None:
        progress.start(1000, 0)
        jobs.cancel(number)
        for _ in range(1000):
            progress.unit("a score")
            seen.wait(0.05)
        raise AssertionError("it went on to the end")

    assert Worker(board, jobs, tmp_path, evaluate, "this board").one() == jobs.job(number)
    assert jobs.job(number).state == CANCELLED


# Where the videos come from --------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """An address under which the files of the folder are."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_zip_is_unpacked_once_and_its_videos_alone(tmp_path: Path, site: str) -> None:
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as made:
        for name in ("model/a-0.mp4", "model/samples.jsonl", "model/run.sh", "__MACOSX/model/._a-0.mp4", "x/../readme"):
            made.writestr(name, name)
    for source in (f"{site}/model.zip", str(tmp_path / "model.zip")):
        folder = fetched(source, tmp_path / "job" / "videos")
        assert sorted(path.name for path in folder.rglob("*")) == ["a-0.mp4", "samples.jsonl"]
        assert folder.name == "model"
    assert fetched(f"{site}/gone.zip", tmp_path / "job" / "videos") == folder  # is there already
    assert not list((tmp_path / "job").glob("*.zip"))


@pytest.mark.parametrize("name", ["../a.mp4", "/tmp/a.mp4", "C:/a.mp4", "a\\..\\..\\b.mp4"])
def test_no_name_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as made:
        made.writestr(zipfile.ZipInfo("x"), "")
        entry = zipfile.ZipInfo("x.mp4")
        entry.filename = name
        made.writestr(entry, "video")
    with pytest.raises(UsageError, match="outside the archive"):
        fetched(str(tmp_path / "model.zip"), tmp_path / "job" / "videos")


def test_what_is_no_archive_is_said(tmp_path: Path, site: str) -> None:
    (tmp_path / "letter.zip").write_text("Dear Sir or Madam")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as made:
        made.writestr("readme.txt", "")
    for source, said in (
        (f"{site}/gone.zip", "could not be fetched: HTTP Error 404"),
        (f"{site}/letter.zip", "no zip that can be read"),
        (f"{site}/empty.zip", "holds no videos"),
        (str(tmp_path / "nothing"), "neither a folder nor a zip"),
        ("file:///etc/hostname", "neither a folder nor a zip"),
    ):
        with pytest.raises(VBenchError, match=said):
            fetched(source, tmp_path / "job" / "videos")
        shutil.rmtree(tmp_path / "job", ignore_errors=True)


# Real workers ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_is_followed_by_another(tmp_path: Path) -> None:
    """Real processes, the real evaluation; the second goes on where the first was killed, and the result is one."""
    database = f"sqlite:///{tmp_path}/board.sqlite"
    small = {"frames": 8, "width": 64, "height": 48}
    interface.generate("synthetic", tmp_path / "videos", suite="demo", samples=1, settings=small)
    command = [sys.executable, "-m", "vbench", "leaderboard"]
    environment = {**os.environ, "VBENCH_BOARD_DATABASE": database, "VBENCH_BOARD_SUITE": "demo"}

    def call(*words: str) -> Any:
        done = subprocess.run([*command, *words], env=environment, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    judged = ["--profile", "lite", "-d", "temporal_flickering", "-d", "motion_smoothness", "--partial"]
    named = ["--model-name", "Synthetic", "--organisation", "Some Lab", "--videos", "1"]
    assert checked("leaderboard-jobs-add", call("jobs", "add", "videos", *judged, *named, "--json"))["state"] == QUEUED
    assert checked("leaderboard-jobs-list", call("jobs", "list", "--json"))[0]["tries"] == 0
    board = Board(Settings(database=database, suite="demo"))
    jobs = Jobs(board.database)
    work = [*command, "worker", "--queue", "--once", "--lease", "3", "--as", "The Board", "--device", "cpu"]
    with (tmp_path / "log").open("wb") as log:
        first = subprocess.Popen(work, env=environment, cwd=tmp_path, stdout=log, stderr=log)
        runs = tmp_path / "vbench-jobs"
        until(lambda: first.poll() is not None or any(runs.glob("job-1-*/run/run.sqlite")), "the evaluation")
        first.send_signal(signal.SIGKILL)
        first.wait()
        if jobs.job(1).state == RUNNING:  # it was not quicker than the signal
            assert list(runs.glob("job-1-*/run"))
            while jobs.job(1).state == RUNNING:
                subprocess.run(work, env=environment, cwd=tmp_path, stdout=log, stderr=log)
            assert jobs.job(1).tries == 2
    job = jobs.job(1)
    assert job.state == PUBLISHED, (job.reason, (tmp_path / "log").read_text())
    assert job.submission == 1
    entry = board.submission(1).entry
    assert (entry.state, entry.card.name, entry.card.evaluated_by) == ("published", "Synthetic", "The Board")
    assert entry.card.resolution == "64x48"
    assert set(entry.scores) >= {"temporal_flickering", "motion_smoothness"}
    assert not list(runs.iterdir())
    assert (tmp_path / "videos").is_dir()
    board.close()
