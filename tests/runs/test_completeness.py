"""Every reader of a run knows whether it is whole."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.footage import noise, write_video
from vbench.benchmarks.registry import benchmark_named
from vbench.cli.card import card_json
from vbench.interface import evaluate
from vbench.runs.record import RECORD, STORE, RunRecord, read_record
from vbench.runs.results import planned_of, read_score_card
from vbench.runs.run import open_run

PROMPTS = [f"a lamp of kind {number}" for number in range(3)]
DIMENSIONS = ["subject_consistency", "dynamic_degree"]


def vbench(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vbench", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "80"})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    suite = [{"prompt_en": prompt, "dimension": DIMENSIONS} for prompt in PROMPTS]
    (folder / "suite.json").write_text(json.dumps(suite))
    for place, prompt in enumerate(PROMPTS):
        for index in range(5):
            write_video(folder / "videos" / f"{prompt}-{index}.mp4", noise(4, seed=10 * place + index))
    evaluate(folder / "videos", suite=folder / "suite.json", profile="lite", output=folder / "run")
    return folder


def copy_of(place: Path, to: Path) -> Path:
    to.mkdir(parents=True)
    for name in (RECORD, STORE):
        (to / name).write_bytes((place / "run" / name).read_bytes())
    return to


def test_a_whole_run_says_so(place: Path) -> None:
    run = open_run(place / "run")
    assert run.is_whole
    assert run.record.planned == dict.fromkeys(DIMENSIONS, 15)
    assert [(found.videos, found.planned) for found in run.card.dimensions.values()] == [(15, 15), (15, 15)]
    assert run.to_pandas().attrs["completeness"]["dynamic_degree"] == {"scored": 15, "planned": 15}
    assert "Not whole" not in vbench("score", place / "run").stdout


def test_rows_that_are_gone_are_missed(place: Path, tmp_path: Path) -> None:
    folder = copy_of(place, tmp_path / "run")
    store = sqlite3.connect(folder / STORE)
    with store:
        store.execute("DELETE FROM score WHERE dimension = 'dynamic_degree' AND video LIKE '%-3.mp4'")
        store.execute("DELETE FROM score WHERE dimension = 'subject_consistency'")
    store.close()
    run = open_run(folder)
    assert not run.is_whole
    assert run.card.incomplete == DIMENSIONS
    assert run.card.unfinished() == ["dynamic_degree"]
    shown = vbench("score", folder)
    assert shown.returncode == 1
    assert "12 of 15" in shown.stdout
    assert "0 of 15" in shown.stdout
    assert "Not whole: 12 of 30 scores." in shown.stdout
    told = json.loads(vbench("score", folder, "--json").stdout)
    assert (told["scored"], told["planned"], told["incomplete"]) == (12, 30, DIMENSIONS)
    assert not told["dimensions"]["dynamic_degree"]["whole"]


def test_missing_videos_leave_no_whole_run(place: Path, tmp_path: Path) -> None:
    for video in sorted((place / "videos").iterdir())[2:]:
        (tmp_path / "videos").mkdir(exist_ok=True)
        (tmp_path / "videos" / video.name).write_bytes(video.read_bytes())
    args = ("--suite", place / "suite.json", "--profile", "lite", "-d", "dynamic_degree", "-o", tmp_path / "run")
    shown = vbench("evaluate", tmp_path / "videos", *args)
    assert shown.returncode == 1
    assert "13 of 15" in shown.stdout
    assert read_record(tmp_path / "run").status == "finished"
    assert not open_run(tmp_path / "run").is_whole


def test_one_dimension_more_does_not_finish_what_was_interrupted(place: Path, tmp_path: Path) -> None:
    folder = copy_of(place, tmp_path / "run")
    record = json.loads((folder / RECORD).read_text())
    record |= {"status": "interrupted", "unfinished": ["subject_consistency"]}
    (folder / RECORD).write_text(json.dumps(record))
    store = sqlite3.connect(folder / STORE)
    with store:
        store.execute("DELETE FROM score WHERE dimension = 'subject_consistency' AND video NOT LIKE '%-0.mp4'")
    store.close()
    how: dict[str, Any] = {"suite": place / "suite.json", "profile": "lite", "output": folder}
    run = evaluate(place / "videos", dimensions=["dynamic_degree"], **how)
    assert (run.record.status, run.record.unfinished) == ("interrupted", ["subject_consistency"])
    assert run.card.incomplete == ["subject_consistency"]
    assert evaluate(place / "videos", **how).record.status == "finished"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_says_what_is_kept_and_how_to_go_on(place: Path, tmp_path: Path, number: int) -> None:
    for index in range(60):
        write_video(tmp_path / "videos" / f"clip-{index}.mp4", noise(16, seed=index))
    args = ["evaluate", tmp_path / "videos", "--profile", "lite", "-d", "dynamic_degree", "-o", tmp_path / "run"]

    answering = f"import signal; signal.signal({number}, signal.default_int_handler)"  # background shells ignore Ctrl-C
    code = f"{answering}; from vbench.cli import main; main()"
    child = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    while not _rows(tmp_path / "run") and child.poll() is None:
        time.sleep(0.05)
    child.send_signal(number)
    _, told = child.communicate(timeout=60)
    assert child.returncode == 128 + number
    assert f"of 60 units are stored in {tmp_path / 'run'}" in told
    assert "the same command continues" in told
    assert read_record(tmp_path / "run").status == "interrupted"
    assert not open_run(tmp_path / "run").is_whole


def _rows(run: Path) -> int:
    try:
        store = sqlite3.connect(f"file:{run / STORE}?mode=ro", uri=True)
        (count,) = store.execute("SELECT count(*) FROM score").fetchone()
        store.close()
    except sqlite3.OperationalError:
        return 0
    return int(count)


def test_the_total_needs_whole_dimensions(place: Path) -> None:
    from tests.simulated import simulated_rows
    from vbench.runs.results import score_card

    rows = list(simulated_rows(0, samples=1))
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.dimension] = counts.get(row.dimension, 0) + 1
    whole = score_card(rows, planned=counts)
    assert whole.total is not None
    partial = score_card(rows, planned={**counts, "scene": counts["scene"] + 1})
    assert (partial.total, partial.part("semantic"), partial.unfinished()) == (None, None, ["scene"])
    assert partial.part("quality") == whole.part("quality")
    assert partial.total_over_what_is_there == whole.total
    told: dict[str, Any] = card_json(partial, "official", partial=True)
    assert told["total"] == whole.total
    assert told["incomplete"] == ["scene"]


def test_a_run_of_an_older_version_is_counted_by_its_suite() -> None:
    from vbench.prompts.official import SUITE_SHA256

    old = RunRecord("vbench-t2v", "", "vbench_standard", {"name": "x", "sha256": SUITE_SHA256}, "official", "",
                    dimensions=["scene", "temporal_flickering"])  # fmt: skip
    assert planned_of(old, benchmark_named("vbench-t2v")) == {"scene": 430}


def test_moved_videos_are_the_same_videos(place: Path, tmp_path: Path) -> None:
    folder = copy_of(place, tmp_path / "run")
    (tmp_path / "elsewhere").mkdir()
    for video in (place / "videos").iterdir():
        (tmp_path / "elsewhere" / video.name).write_bytes(video.read_bytes())
    how: dict[str, Any] = {"suite": place / "suite.json", "profile": "lite", "output": folder}
    run = evaluate(tmp_path / "elsewhere", **how)
    assert run.outcome is not None
    assert (run.outcome.computed, run.outcome.reused) == (0, 30)
    assert run.record.folder_of("dynamic_degree") == (tmp_path / "elsewhere").resolve()


def test_other_videos_do_not_take_the_place_of_those_that_were_judged(place: Path, tmp_path: Path) -> None:
    folder = copy_of(place, tmp_path / "run")
    for prompt in PROMPTS:
        write_video(tmp_path / "others" / f"{prompt}-0.mp4", noise(4, seed=99))
    shown = vbench("evaluate", tmp_path / "others", "--suite", place / "suite.json", "--profile", "lite", "-o", folder)
    assert shown.returncode == 2
    assert "other videos" in shown.stderr
    assert read_score_card(folder).scored == 30


def test_a_run_holds_several_folders_of_videos(place: Path, tmp_path: Path) -> None:
    for prompt in PROMPTS:
        for index in range(5):
            write_video(tmp_path / "more" / f"{prompt}-{index}.mp4", noise(4, seed=index))
    folder = tmp_path / "run"
    how: dict[str, Any] = {"suite": place / "suite.json", "profile": "lite", "output": folder}
    evaluate(place / "videos", dimensions=["dynamic_degree"], **how)
    run = evaluate(tmp_path / "more", dimensions=["subject_consistency"], **how)
    assert run.is_whole
    assert run.card.scored == 30
    assert run.record.folder_of("dynamic_degree") == (place / "videos").resolve()
    assert run.record.folder_of("subject_consistency") == (tmp_path / "more").resolve()
