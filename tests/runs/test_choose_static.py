"""The static filter as a step of an evaluation, with the lite profile's optical flow."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.footage import noise, write_video
from vbench.benchmarks.t2v import FILTER_VERSION
from vbench.interface import evaluate
from vbench.runs.filtered_folder import judge_of
from vbench.runs.run import Run, open_run
from vbench.runs.static_filter import Filtered, write_filtered
from vbench.runs.store import NOT_STATIC, SCORED
from vbench.runs.verify import HELD, judges_of, verify

FLICKER = "temporal_flickering"
PROMPTS = ("a lamp", "a cup")


def still(seed: int) -> Any:
    return noise(1, 64, 64, seed).repeat(8, axis=0)


def moving(seed: int) -> Any:
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(noise(1, 64, 256, seed)[0].astype(float), (3, 3, 0))
    smooth = (255 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.uint8)
    return np.stack([smooth[:, 8 * frame : 8 * frame + 64] for frame in range(8)])


def suite(folder: Path) -> Path:
    file = folder / "suite.json"
    file.write_text(json.dumps([{"prompt_en": prompt, "dimension": [FLICKER]} for prompt in PROMPTS]))
    return file


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """25 samples of each prompt: of the lamp all but -1 and -11 stand still, of the cup only two do."""
    for index in range(25):
        move = index in (1, 11)
        write_video(tmp_path / "videos" / f"a lamp-{index}.mp4", (moving if move else still)(index))
        rest = index in (3, 4)
        write_video(tmp_path / "videos" / f"a cup-{index}.mp4", (still if rest else moving)(100 + index))
    return tmp_path / "videos"


def judged(run: Run, prompt: str) -> dict[str, str]:
    return {Path(row.video).stem.rpartition("-")[2]: row.status for row in run.rows() if row.prompt == prompt}


@pytest.mark.parametrize("workers", [1, 2])
def test_the_first_five_static_samples_are_judged(videos: Path, tmp_path: Path, workers: int) -> None:
    how: dict[str, Any] = {"suite": suite(tmp_path), "profile": "lite", "output": tmp_path / "run", "workers": workers}
    run = evaluate(videos, **how)
    assert judged(run, "a lamp") == {
        "0": SCORED, "1": NOT_STATIC, "10": SCORED, "11": NOT_STATIC, "12": SCORED, "13": SCORED, "14": SCORED,
    }  # fmt: skip
    cup = judged(run, "a cup")
    assert {index for index, status in cup.items() if status == SCORED} == {"3", "4"}
    assert len(cup) == 25
    assert run.is_whole
    assert run.card.dimensions[FLICKER].videos == run.record.planned[FLICKER] == 7
    assert run.record.filtered == [FLICKER]
    assert run.record.filter_versions == {FLICKER: FILTER_VERSION}
    row = next(row for row in run.rows() if row.status == SCORED)
    assert row.details["static_filter"]["static"]
    assert run.outcome is not None
    assert not run.outcome.failures
    again = evaluate(videos, **how)
    assert again.outcome is not None
    assert again.outcome.computed == 0
    assert [(row.video, row.value) for row in again.rows()] == [(row.video, row.value) for row in run.rows()]


def test_a_sample_that_turns_up_later_takes_the_place_of_the_last(videos: Path, tmp_path: Path) -> None:
    how: dict[str, Any] = {"suite": suite(tmp_path), "profile": "lite", "output": tmp_path / "run"}
    (videos / "a lamp-0.mp4").rename(tmp_path / "later.mp4")
    assert "15" in judged(evaluate(videos, **how), "a lamp")
    (tmp_path / "later.mp4").rename(videos / "a lamp-0.mp4")
    run = evaluate(videos, **how)
    assert "15" not in judged(run, "a lamp")
    assert list(judged(run, "a lamp").values()).count(SCORED) == 5


def test_samples_that_were_never_made_leave_a_short_prompt_incomplete(videos: Path, tmp_path: Path) -> None:
    (videos / "a cup-20.mp4").unlink()
    run = evaluate(videos, suite=suite(tmp_path), profile="lite", output=tmp_path / "run")
    assert not run.is_whole
    assert run.record.planned[FLICKER] == 8


def test_five_samples_are_judged_as_they_are(tmp_path: Path) -> None:
    for prompt in PROMPTS:
        for index in range(5):
            write_video(tmp_path / "videos" / f"{prompt}-{index}.mp4", moving(index))
    run = evaluate(tmp_path / "videos", suite=suite(tmp_path), profile="lite", output=tmp_path / "run")
    assert run.card.dimensions[FLICKER].videos == 10
    assert run.record.filtered == []


def test_the_filter_alone_and_its_printed_next_command(videos: Path, tmp_path: Path) -> None:
    """As docs/evaluate.md has it: other dimensions first, the filtered copies into the same run afterwards."""

    def vbench(*args: object) -> str:
        command = [sys.executable, "-m", "vbench", *map(str, args)]
        found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert found.returncode in (0, 1), found.stderr
        return found.stdout

    file = tmp_path / "suite.json"
    both = [FLICKER, "dynamic_degree"]
    file.write_text(json.dumps([{"prompt_en": prompt, "dimension": both} for prompt in PROMPTS]))
    vbench("evaluate", videos, "--suite", file, "--profile", "lite", "-d", "dynamic_degree", "-o", "run")
    printed = vbench("filter-static", videos, "--suite", file, "--profile", "lite", "-o", "filtered")
    (following,) = (line for line in printed.splitlines() if line.startswith("Next: vbench "))
    words = following.removeprefix("Next: vbench ").replace("RUN", "run").split()
    vbench(*words)
    run = open_run(tmp_path / "run")
    assert {name: result.videos for name, result in run.card.dimensions.items()} == {FLICKER: 7, "dynamic_degree": 10}
    assert run.is_whole  # of the cup two were kept, after all 25 were looked at
    assert run.record.filter_versions == {FLICKER: FILTER_VERSION}
    assert not run.record.options  # the printed command names the profile of the filter


def chosen_beforehand(folder: Path, by: str) -> Path:
    """The folder of a lamp's videos as ``vbench filter-static --profile BY`` leaves it."""
    paths = [write_video(folder / "sampled" / f"a lamp-{index}.mp4", still(index)) for index in range(2)]
    found = Filtered({"a lamp": paths}, Counter({"a lamp": 25}))
    return write_filtered(found, folder / "filtered", judge_of(by))


def test_a_run_of_a_filtered_folder_says_which_filter_chose_its_videos(tmp_path: Path) -> None:
    folder = chosen_beforehand(tmp_path, "lite")
    how: dict[str, Any] = {"dimensions": [FLICKER], "prompts": "a lamp"}
    same = evaluate(folder, **how, profile="lite", output=tmp_path / "lite")
    assert (same.record.filter_versions, same.record.options) == ({FLICKER: FILTER_VERSION}, {})
    other = evaluate(folder, **how, profile="official", output=tmp_path / "official")
    assert not other.record.comparable
    assert other.record.options == {FLICKER: {"static_filter": "lite"}}
    judges = judges_of(other.record, torch.device("cpu"))  # who have no such setting
    assert {one.verdict for one in verify(other.rows(), folder, judges, budget=2**20)} == {HELD}
    plain = evaluate(tmp_path / "sampled", **how, profile="official", output=tmp_path / "official")
    assert plain.record.comparable
    assert (plain.record.filter_versions, plain.record.options) == ({}, {})


def test_a_filter_that_compares_with_the_leaderboard_is_no_setting(tmp_path: Path) -> None:
    run = evaluate(chosen_beforehand(tmp_path, "official"), dimensions=[FLICKER], prompts="a lamp",
                   output=tmp_path / "run")  # fmt: skip
    assert run.record.comparable
    assert (run.record.filter_versions, run.record.options) == ({FLICKER: FILTER_VERSION}, {})
