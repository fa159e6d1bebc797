"""Several benchmarks in one call: a run for each, from one decoding of each video."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.footage import noise, write_video
from tests.schemas import checked
from vbench.errors import UsageError
from vbench.interface import evaluate, evaluate_together
from vbench.media.decode import decode
from vbench.runs.run import Run

BOTH = ["vbench-t2v", "vbench-long"]
DIMENSIONS = ["temporal_flickering", "dynamic_degree", "subject_consistency"]
HOW: dict[str, Any] = {"profile": "lite", "mode": "custom_input", "device": "cpu", "dimensions": DIMENSIONS}


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for index in range(2):
        write_video(tmp_path / "videos" / f"a cat {index}-0.mp4", noise(41, 48, 64, seed=index))
    return tmp_path / "videos"


@pytest.fixture
def decodings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every video that is decoded is noted, and decoded."""
    noted: list[str] = []

    def counting(path: Path, *args: Any, **how: Any) -> Any:
        noted.append(path.name)
        return decode(path, *args, **how)

    monkeypatch.setattr("vbench.media.video.decode", counting)
    return noted


def said(run: Run) -> list[Any]:
    """Everything but the time."""
    return [
        (row.video, row.prompt, row.dimension, row.cache_key, row.status, row.value, row.weight, list(row.per_frame),
         row.format, row.details, row.reason)
        for row in run.rows()
    ]  # fmt: skip


@pytest.mark.parametrize("memory", [512, 0])
def test_each_run_is_what_it_would_be_alone(videos: Path, tmp_path: Path, memory: int, decodings: list[str]) -> None:
    alone = [evaluate(videos, benchmark=name, output=tmp_path / f"{name} alone", memory=512, **HOW) for name in BOTH]
    decodings.clear()
    together = evaluate_together(videos, BOTH, output=tmp_path / "both", memory=memory, **HOW)
    assert [run.folder for run in together] == [tmp_path / "both" / name for name in BOTH]
    assert [said(run) for run in together] == [said(run) for run in alone]
    assert [run.card.scores for run in together] == [run.card.scores for run in alone]
    assert all(run.is_whole for run in together)
    if memory:
        assert sorted(decodings) == ["a cat 0-0.mp4", "a cat 1-0.mp4"]


def test_over_the_budget_a_video_is_decoded_a_few_times_for_all_dimensions(
    tmp_path: Path, decodings: list[str]
) -> None:
    write_video(tmp_path / "videos" / "a cat-0.mp4", noise(41, 96, 128))
    whole, streamed = (
        evaluate(tmp_path / "videos", output=tmp_path / f"{memory}", memory=memory, profile="lite", device="cpu")
        for memory in (512, 0)
    )
    assert said(whole) == said(streamed)
    assert len({row.dimension for row in streamed.rows()}) == 6
    assert decodings[0] == "a cat-0.mp4"
    assert len(decodings) - 1 <= 4  # once for all; up to three times more for the pairs that settle the dynamic degree


def test_what_two_benchmarks_want_of_a_video_is_done_once(videos: Path, tmp_path: Path) -> None:
    names = ["vbench-t2v", "video-quality"]
    how = {**HOW, "dimensions": ["dynamic_degree", "subject_consistency"]}
    first, second = evaluate_together(videos, names, output=tmp_path / "both", **how)
    assert said(first) == said(second)
    assert [row.seconds for row in first.rows()] == [row.seconds for row in second.rows()]
    assert [run.outcome and run.outcome.computed for run in (first, second)] == [4, 4]


def test_the_same_call_goes_on_and_one_run_may_be_ahead(videos: Path, tmp_path: Path) -> None:
    evaluate(videos, benchmark="vbench-long", output=tmp_path / "both" / "vbench-long", **HOW)
    short, long = evaluate_together(videos, BOTH, output=tmp_path / "both", workers=2, **HOW)
    assert short.outcome
    assert long.outcome
    assert (short.outcome.computed, long.outcome.computed) == (6, 0)
    again = evaluate_together(videos, BOTH, output=tmp_path / "both", **HOW)
    assert [run.outcome and (run.outcome.computed, run.outcome.reused) for run in again] == [
        (0, len(run.rows())) for run in (short, long)
    ]
    assert [said(run) for run in again] == [said(run) for run in (short, long)]


def test_benchmarks_that_cannot_go_together_are_refused(videos: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Each benchmark is named once; found vbench-t2v, vbench-t2v"):
        evaluate_together(videos, ["vbench-t2v", "vbench-t2v"], output=tmp_path / "both", **HOW)
    with pytest.raises(UsageError, match="video-quality cannot judge what vbench-t2v, video-quality are to judge"):
        evaluate_together(videos, ["vbench-t2v", "video-quality"], output=tmp_path / "both", **HOW)
    assert not (tmp_path / "both").exists()


def test_the_command_prints_a_card_for_each(videos: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vbench", "evaluate", videos, "--benchmark", "vbench-t2v,video-quality", "-d",
               "dynamic_degree", "--profile", "lite", "--mode", "custom_input", "-o", tmp_path / "both",
               "--json", "--progress", "none"]  # fmt: skip
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = checked("evaluate", done.stdout)["runs"]
    assert [Path(one["run"]).name for one in found] == ["vbench-t2v", "video-quality"]
    assert (tmp_path / "both" / "vbench-t2v" / "results_eval_results.json").exists()
