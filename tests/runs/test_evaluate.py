from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests import toys
from tests.footage import noise, write_text, write_truncated, write_video
from vbench.errors import UsageError
from vbench.progress import Progress
from vbench.runs.custom_plan import custom_plan
from vbench.runs.evaluate import evaluate
from vbench.runs.evaluators import Evaluators
from vbench.runs.plan import Plan
from vbench.runs.record import RECORD, read_record
from vbench.runs.results import read_rows, read_score_card, score_card
from vbench.runs.store import FAILED, SCORED, TOO_SHORT, UNREADABLE, Row

pytestmark = pytest.mark.usefixtures("toy_dimensions", "empty_cache")


def evaluators() -> Evaluators:
    return Evaluators(toys.PROFILE, torch.device("cpu"))


def values(rows: list[Row]) -> dict[tuple[str, str], float | None]:
    return {(row.video, row.dimension): row.value for row in rows}


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for index in range(6):
        write_video(tmp_path / "videos" / f"clip {index}-0.mp4", noise(4 + index, seed=index))
    return tmp_path / "videos"


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOY_LOG", str(tmp_path / "calls"))
    (tmp_path / "calls").touch()
    return tmp_path / "calls"


def test_a_run_scores_and_says_what_it_was_made_with(videos: Path, tmp_path: Path) -> None:
    outcome = evaluate(custom_plan(videos, ["brightness"]), evaluators(), tmp_path / "run")
    assert (outcome.computed, outcome.scored, outcome.failures) == (6, 6, {})
    record = read_record(tmp_path / "run")
    assert record.status == "finished"
    assert record.profile == "toy"
    assert record.machine["device"] == "cpu"
    assert record.packages["torch"] == torch.__version__.split("+")[0]
    assert record.dimension_versions == {"brightness": 1}


def test_the_aggregate_is_weighted_by_frames(videos: Path, tmp_path: Path) -> None:
    evaluate(custom_plan(videos, ["brightness"]), evaluators(), tmp_path / "run")
    rows = read_rows(tmp_path / "run")
    frames = [level for row in rows for level in row.per_frame]
    card = score_card(rows)
    assert card.scores["brightness"] == pytest.approx(sum(frames) / len(frames), rel=1e-12)
    random.Random(3).shuffle(rows)
    assert score_card(rows).scores == card.scores


def test_a_second_call_computes_nothing(videos: Path, tmp_path: Path, calls: Path) -> None:
    plan = custom_plan(videos, ["brightness", "fragile"])
    evaluate(plan, evaluators(), tmp_path / "run")
    before, lines = values(read_rows(tmp_path / "run")), calls.read_text().splitlines()
    outcome = evaluate(plan, evaluators(), tmp_path / "run")
    again = calls.read_text().splitlines()[len(lines) :]
    assert again == ["fragile clip 1-0.mp4"]  # what failed is tried again, nothing else
    assert (outcome.computed, outcome.reused) == (1, 11)
    assert values(read_rows(tmp_path / "run")) == before


def test_changed_content_is_scored_again_and_moved_content_is_not(videos: Path, tmp_path: Path, calls: Path) -> None:
    evaluate(custom_plan(videos, ["brightness"]), evaluators(), tmp_path / "run")
    calls.write_text("")
    write_video(videos / "clip 2-0.mp4", noise(5, seed=77))
    (videos / "clip 3-0.mp4").rename(videos / "clip 3-1.mp4")
    outcome = evaluate(custom_plan(videos, ["brightness"]), evaluators(), tmp_path / "run")
    assert calls.read_text().split("\n")[:-1] == ["brightness clip 2-0.mp4"]
    assert outcome.reused == 5
    assert {row.video for row in read_rows(tmp_path / "run")} == {path.name for path in videos.iterdir()}


@pytest.mark.parametrize("what", ["prompt", "version", "options", "checkpoint"])
def test_everything_that_can_change_a_value_is_in_its_cache_key(
    videos: Path, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch, empty_cache: Path
) -> None:
    weights = empty_cache / "amt_model/amt-s.pth"
    weights.parent.mkdir(parents=True)
    torch.save({"a": torch.zeros(1)}, weights)
    one = videos / "clip 0-0.mp4"
    evaluate(custom_plan(one, ["weighing"], "a prompt"), evaluators(), tmp_path / "run")
    (before,) = read_rows(tmp_path / "run")
    prompt, changed = "a prompt", evaluators()
    if what == "prompt":
        prompt = "another prompt"
    elif what == "version":
        monkeypatch.setitem(toys.SPECS, "weighing", replace(toys.SPECS["weighing"], version=2))
    elif what == "options":
        monkeypatch.setattr(toys.Weighing, "__init__", lambda self, unit, scale: None)
        changed = replace(changed, options={"weighing": {"unit": "kg"}})
    else:
        torch.save({"a": torch.ones(1)}, weights)
    outcome = evaluate(custom_plan(one, ["weighing"], prompt), changed, tmp_path / "run")
    (after,) = read_rows(tmp_path / "run")
    assert outcome.computed == 1
    assert after.cache_key != before.cache_key


def test_bad_videos_are_recorded_and_the_others_scored(videos: Path, tmp_path: Path) -> None:
    write_text(videos / "text-0.mp4")
    write_truncated(videos / "cut-0.mp4")
    write_video(videos / "short-0.mp4", noise(1))
    outcome = evaluate(custom_plan(videos, ["brightness", "fragile"]), evaluators(), tmp_path / "run")
    statuses = {(row.video, row.dimension): row.status for row in read_rows(tmp_path / "run")}
    assert statuses["text-0.mp4", "brightness"] == UNREADABLE
    assert statuses["cut-0.mp4", "brightness"] == UNREADABLE
    assert statuses["short-0.mp4", "brightness"] == TOO_SHORT
    assert statuses["clip 1-0.mp4", "fragile"] == FAILED
    assert sum(status == SCORED for status in statuses.values()) == outcome.scored == 14
    assert outcome.failures == {UNREADABLE: 2, TOO_SHORT: 1, FAILED: 1}
    card = read_score_card(tmp_path / "run")
    assert card.dimensions["brightness"].videos == 6
    assert card.dimensions["brightness"].statuses == {UNREADABLE: 2, TOO_SHORT: 1}


def test_missing_and_broken_weights_stop_their_dimension_only(videos: Path, tmp_path: Path, empty_cache: Path) -> None:
    plan = custom_plan(videos, ["brightness", "weighing"])
    outcome = evaluate(plan, evaluators(), tmp_path / "run")
    assert outcome.scored == 6
    assert "vbench weights download amt_s" in outcome.not_evaluated["weighing"]
    weights = empty_cache / "amt_model/amt-s.pth"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"nonsense")
    outcome = evaluate(plan, evaluators(), tmp_path / "run")
    assert "cannot be read as a checkpoint" in outcome.not_evaluated["weighing"]
    assert "weighing" not in read_score_card(tmp_path / "run").scores
    assert read_record(tmp_path / "run").not_evaluated["weighing"] == outcome.not_evaluated["weighing"]


def test_a_folder_holds_one_run(videos: Path, tmp_path: Path) -> None:
    evaluate(custom_plan(videos, ["brightness"]), evaluators(), tmp_path / "run")
    other = replace(custom_plan(videos, ["brightness"]), suite="another")
    with pytest.raises(UsageError, match="holds another run: suite was"):
        evaluate(other, evaluators(), tmp_path / "run")


def test_dimensions_may_come_one_after_the_other(videos: Path, tmp_path: Path) -> None:
    evaluate(custom_plan(videos, ["brightness"]), evaluators(), tmp_path / "run")
    evaluate(custom_plan(videos, ["fragile"]), evaluators(), tmp_path / "run")
    assert set(read_score_card(tmp_path / "run").scores) == {"brightness", "fragile"}
    assert read_record(tmp_path / "run").dimensions == ["brightness", "fragile"]


SCRIPT = """
import sys
from pathlib import Path
import torch
from tests import toys
from vbench.runs.evaluate import evaluate
from vbench.runs.evaluators import Evaluators
from vbench.runs.custom_plan import custom_plan
toys.bring()
plan = custom_plan(Path(sys.argv[1]), ["brightness"])
evaluate(plan, Evaluators(toys.PROFILE, torch.device("cpu")), Path(sys.argv[2]))
"""


def test_a_killed_run_continues_without_computing_anything_twice(
    videos: Path, tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(toys.site_in(tmp_path))  # for the process that looks at what the killed one was at
    environment = {**os.environ, "TOY_SECONDS": "0.4"}
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(videos), str(tmp_path / "run")], env=environment, cwd=root
    )
    deadline = time.monotonic() + 120
    while len(calls.read_text().splitlines()) < 4:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert json.loads((tmp_path / "run" / RECORD).read_text())["status"] == "running"
    stored = read_rows(tmp_path / "run")
    assert 3 <= len(stored) < 6
    calls.write_text("")
    outcome = evaluate(custom_plan(videos, ["brightness"]), evaluators(), tmp_path / "run")
    assert outcome.reused == len(stored)
    assert len(calls.read_text().splitlines()) == 6 - len(stored)
    evaluate(custom_plan(videos, ["brightness"]), evaluators(), tmp_path / "whole")
    assert values(read_rows(tmp_path / "run")) == values(read_rows(tmp_path / "whole"))


class Moving(Progress):
    """Changes the working directory as soon as something is done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def unit(self, label: str, finding: str = "") -> None:
        """See :class:`vbench.progress.Progress`."""
        os.chdir(self.folder)


def test_whoever_changes_the_working_directory_finds_the_run_in_one_place(
    videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    evaluate(custom_plan(videos, ["brightness"]), evaluators(), Path("run"), Moving(tmp_path / "elsewhere"))
    assert not list((tmp_path / "elsewhere").iterdir())
    assert read_record(tmp_path / "run").status == "finished"
    assert len(read_rows(tmp_path / "run")) == 6


def test_shuffled_visits_give_the_same_scores_to_the_last_bit(videos: Path, tmp_path: Path) -> None:
    plan = custom_plan(videos, ["brightness"])
    shuffled = list(plan.tasks)
    random.Random(1).shuffle(shuffled)
    evaluate(plan, evaluators(), tmp_path / "a")
    evaluate(Plan(plan.root, plan.mode, plan.dimensions, tuple(shuffled)), evaluators(), tmp_path / "b")
    assert read_score_card(tmp_path / "a").scores == read_score_card(tmp_path / "b").scores
