"""Runs of VBench-Long: clips of real files, scored by the lite profile."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.footage import noise, write_gif, write_stills, write_truncated, write_video
from tests.parity.conftest import clip
from vbench.analysis.comparison import objections
from vbench.analysis.run_diff import differences
from vbench.benchmarks.long import VBENCH_LONG, VBENCH_LONG_PLAIN
from vbench.dimensions.profiles import profile
from vbench.errors import UsageError
from vbench.interface import compare, evaluate
from vbench.media.spans import video_of
from vbench.runs.evaluators import Evaluators
from vbench.runs.fuse import fused
from vbench.runs.plan import Cutting
from vbench.runs.record import STORE
from vbench.runs.results import measured_rows, read_rows, score_card
from vbench.runs.run import Run
from vbench.runs.score_video import SPANS
from vbench.runs.store import FAILED, NOT_STATIC, SCORED, UNREADABLE, Row, RunStore
from vbench.runs.verify import HELD, NOT_SCORED, OTHER_SCORE, verify
from vbench.weights.cards import CHECKPOINTS

SUBJECT, FLICKER = "subject_consistency", "temporal_flickering"
GOLDEN = json.loads((Path(__file__).parents[1] / "parity" / "kit" / "goldens" / "long_fusion.json").read_text())


def long_run(videos: Path, output: Path, *dimensions: str, **how: Any) -> Run:
    given = {"benchmark": "vbench-long", "profile": "lite", "mode": "custom_input", **how}
    return evaluate(videos, output=output, dimensions=dimensions or None, **given)


def scores(run: Run, dimension: str) -> dict[str, float | None]:
    return {row.video: row.value for row in run.rows() if row.dimension == dimension}


def test_each_clip_is_scored_and_the_clips_of_a_video_are_compared(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a cat-0.mp4", noise(49))
    run = long_run(tmp_path / "videos", tmp_path / "run", SUBJECT)
    assert list(scores(run, SUBJECT)) == [f"a cat-0.mp4#t={time}" for time in ("0,2", "2,4", "4,6", "4.125,6.125")]
    assert list(scores(run, "subject_clip_to_clip")) == ["a cat-0.mp4"]
    both = VBENCH_LONG.rules[SUBJECT].slow_fast
    assert both is not None
    for row in run.rows():
        if row.dimension == SUBJECT:
            fast = scores(run, "subject_clip_to_clip")["a cat-0.mp4"]
            assert fast == row.details["clip2clip_score"]
            assert row.value == both.fused(row.details["inclip_score"], fast)
            assert (row.weight, row.format) == (1.0, "64x48, 8 fps, 16 frames")
    assert run.is_whole
    assert run.record.cutting == {"version": 2, "reencode": False, "scenes": False}


def test_a_clip_scores_as_a_file_of_its_frames(tmp_path: Path) -> None:
    frames = noise(40)
    write_video(tmp_path / "videos" / "a cat-0.mp4", frames)
    write_video(tmp_path / "cut" / "a cat-0.mp4", frames[16:32])
    clips = scores(long_run(tmp_path / "videos", tmp_path / "run", FLICKER), FLICKER)
    whole = evaluate(tmp_path / "cut", output=tmp_path / "whole", dimensions=[FLICKER], profile="lite")
    assert clips["a cat-0.mp4#t=2,4"] == scores(whole, FLICKER)["a cat-0.mp4"]


def test_a_video_of_any_budget_has_the_same_scores(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a cat-0.mp4", noise(49))
    names = (SUBJECT, FLICKER, "dynamic_degree")
    runs = [long_run(tmp_path / "videos", tmp_path / f"run{memory}", *names, memory=memory) for memory in (0, 512)]
    values = [[(row.video, row.dimension, row.value) for row in run.rows()] for run in runs]
    assert values[0] == values[1]


def test_the_card_has_the_mean_over_clips_and_beside_it_the_mean_over_videos(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a cat-0.mp4", noise(96))
    write_video(tmp_path / "videos" / "a dog-0.mp4", noise(12, seed=3) // 4)
    run = long_run(tmp_path / "videos", tmp_path / "run", FLICKER)
    by_video: dict[str, list[float]] = {}
    for name, value in scores(run, FLICKER).items():
        by_video.setdefault(video_of(name), []).append(value or 0.0)
    assert [len(found) for found in by_video.values()] == [6, 1]
    result = run.card.dimensions[FLICKER]
    flat = [value for found in by_video.values() for value in found]
    assert result.score == pytest.approx(sum(flat) / 7, abs=1e-12)
    assert result.per_video == pytest.approx(sum(sum(found) / len(found) for found in by_video.values()) / 2, abs=1e-12)
    assert abs((result.score or 0.0) - (result.per_video or 0.0)) > 1e-4


def rows_of(case: dict[str, Any], dimension: str, details: dict[str, Any]) -> list[Row]:
    found = []
    for one in case["input"]:
        stem = Path(one["video_path"]).stem
        name, number = stem.rsplit("_", 1)
        video = f"{name}.mp4#t={2 * int(number)},{2 * int(number) + 2}"
        value = one["video_results"] / (100 if dimension == "imaging_quality" else 1)
        found.append(Row(video, name.rsplit("-", 1)[0], dimension, "", value=value, weight=1.0, details=details))
    return found


def test_clips_make_a_score_as_in_the_reference() -> None:
    for name, dimension, details in (
        ("imaging_quality", "imaging_quality", {}),
        ("temporal_flickering_named", FLICKER, {"static_filter": {"static": True}}),
    ):
        case = GOLDEN["reorganize"][name]
        card = score_card(rows_of(case, dimension, details), benchmark=VBENCH_LONG)
        assert card.scores[dimension] == pytest.approx(case["aggregate"], abs=1e-12)


def test_twelve_seconds_of_the_kit_score_as_the_references_arithmetic_says(tmp_path: Path) -> None:
    """Mean over clips of ``0.5 in-clip + 0.5 mapped``, from the stored scores of each clip."""
    from vbench.media.video import Video

    source = Video(clip("still_rgb"))
    frames = np.concatenate([batch.permute(0, 2, 3, 1).numpy() for batch in source.batches()])
    fps = round(source.fps)
    needed = 12 * fps
    back_and_forth = np.concatenate([frames, frames[::-1]])
    repeated = np.concatenate([back_and_forth] * (needed // len(back_and_forth) + 1))[:needed]
    write_video(tmp_path / "videos" / "a kit-0.mp4", repeated, fps=fps)
    names = (SUBJECT, "background_consistency", FLICKER)
    run = long_run(tmp_path / "videos", tmp_path / "run", *names)
    stored = stored_rows(tmp_path / "run")
    for name in names:
        own = [row.value or 0.0 for row in stored if row.dimension == name]
        assert len(own) == 6
        expected = math.fsum(own) / 6
        both = VBENCH_LONG.rules[name].slow_fast
        if both:
            (fast,) = [row.value or 0.0 for row in stored if row.dimension == both.clip_to_clip]
            table = both.mapping
            low = min(int(100 * fast), 99)
            mapped = table[low] + (100 * fast - low) * (table[low + 1] - table[low])
            expected = math.fsum(0.5 * one + 0.5 * mapped for one in own) / 6
        assert run.card.scores[name] == pytest.approx(expected, abs=1e-9)


def test_reencoded_clips_are_judged_as_the_compressed_files_that_they_are(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a cat-0.mp4", noise(32))
    own = long_run(tmp_path / "videos", tmp_path / "own", FLICKER)
    again = [long_run(tmp_path / "videos", tmp_path / name, FLICKER, reencode=True) for name in ("one", "two")]
    assert scores(again[0], FLICKER) == scores(again[1], FLICKER)
    assert scores(again[0], FLICKER) != scores(own, FLICKER)
    assert again[0].record.cutting["reencode"]
    assert list(objections(tmp_path / "one", tmp_path / "two")) == []
    assert list(objections(tmp_path / "own", tmp_path / "one")) == ["another cutting"]
    assert "cutting: reencode" in [found.what for found in differences(tmp_path / "own", tmp_path / "one")]
    with pytest.raises(UsageError, match="cutting was"):
        long_run(tmp_path / "videos", tmp_path / "own", FLICKER, reencode=True)


def test_five_static_clips_of_a_prompt_are_judged_and_each_video_counts_once(tmp_path: Path) -> None:
    suite = tmp_path / "suite.json"
    suite.write_text(json.dumps([{"prompt_en": "a lamp", "dimension": [FLICKER]}]))
    rest, move = noise(1, 64, 64).repeat(32, axis=0), np.roll(noise(1, 64, 64), 0, 1).repeat(16, axis=0)
    moving = np.stack([np.roll(frame, 9 * place, axis=1) for place, frame in enumerate(move)])
    write_video(tmp_path / "videos" / "a lamp-0.mp4", np.concatenate([rest[:16], moving, rest[:16]]))
    for index in range(1, 5):
        write_video(tmp_path / "videos" / f"a lamp-{index}.mp4", rest)
    how: dict[str, Any] = {"mode": "auto", "suite": suite}
    run = long_run(tmp_path / "videos", tmp_path / "run", **how)
    rows = {row.video: row.status for row in run.rows()}
    assert rows == {
        "a lamp-0.mp4#t=0,2": SCORED, "a lamp-0.mp4#t=2,4": NOT_STATIC, "a lamp-0.mp4#t=4,6": SCORED,
        "a lamp-1.mp4#t=0,2": SCORED, "a lamp-1.mp4#t=2,4": SCORED, "a lamp-2.mp4#t=0,2": SCORED,
    }  # fmt: skip
    assert run.is_whole
    assert run.card.dimensions[FLICKER].score == run.card.dimensions[FLICKER].per_video
    again = long_run(tmp_path / "videos", tmp_path / "run", **how)
    assert again.outcome is not None
    assert again.outcome.computed == 0


SCRIPT = "import sys; from tests.runs.test_long import killed; killed(sys.argv[1], sys.argv[2])"


def killed(videos: str, output: str) -> None:
    long_run(Path(videos), Path(output), SUBJECT)


def stored_rows(folder: Path) -> list[Row]:
    if not (folder / STORE).exists():
        return []
    store = RunStore(folder / STORE, read_only=True)
    try:
        return list(store.rows())
    finally:
        store.close()


def test_a_run_killed_in_the_middle_of_a_video_continues_at_the_clip(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a cat-0.mp4", noise(16 * 14, 96, 128))
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "videos"), str(tmp_path / "run")],
        cwd=Path(__file__).parents[2], env=dict(os.environ),
    )  # fmt: skip
    deadline = time.monotonic() + 120
    found: list[Row] = []
    while len(found) < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
        found = stored_rows(tmp_path / "run") if (tmp_path / "run" / "run.json").exists() else []
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = stored_rows(tmp_path / "run")
    assert 3 <= len(left) < 14
    half = read_rows(tmp_path / "run")
    assert {row.status for row in half} == {FAILED}
    assert all("the same command continues the run" in row.reason for row in half)
    run = long_run(tmp_path / "videos", tmp_path / "run", SUBJECT)
    assert run.outcome is not None
    assert run.outcome.reused == len(left)
    assert run.outcome.computed == 15 - len(left)
    assert run.is_whole
    whole = long_run(tmp_path / "videos", tmp_path / "whole", SUBJECT)
    assert scores(run, SUBJECT) == scores(whole, SUBJECT)


def test_a_video_of_another_name_keeps_the_scores_of_its_clips(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a cat-0.mp4", noise(40))
    first = long_run(tmp_path / "videos", tmp_path / "run", SUBJECT)
    (tmp_path / "videos" / "a cat-0.mp4").rename(tmp_path / "videos" / "a cat-1.mp4")
    again = long_run(tmp_path / "videos", tmp_path / "run", SUBJECT)
    assert again.outcome is not None
    assert again.outcome.computed == 0
    assert again.is_whole
    assert list(scores(again, SUBJECT).values()) == list(scores(first, SUBJECT).values())
    assert {video_of(name) for name in scores(again, SUBJECT)} == {"a cat-1.mp4"}


def test_runs_on_clips_and_on_videos_are_not_compared(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a cat-0.mp4", noise(40))
    long_run(tmp_path / "videos", tmp_path / "long", FLICKER)
    evaluate(tmp_path / "videos", output=tmp_path / "short", dimensions=[FLICKER], profile="lite")
    with pytest.raises(UsageError, match="another benchmark"):
        compare(tmp_path / "short", tmp_path / "long")
    with pytest.raises(UsageError, match="benchmark was 'vbench-t2v' and is now 'vbench-long'"):
        long_run(tmp_path / "videos", tmp_path / "short", FLICKER)


def test_without_the_weights_of_the_comparison_there_is_no_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for checkpoint in ("dino_vitb16", "clip_vit_b_32"):
        place = tmp_path / "cache" / CHECKPOINTS[checkpoint].path
        place.parent.mkdir(parents=True)
        place.touch()
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    dev, plain = (
        Evaluators(profile("official"), torch.device("cpu"), benchmark=one) for one in (VBENCH_LONG, VBENCH_LONG_PLAIN)
    )
    assert dev.obstacle(SUBJECT).startswith("DINOv2 ViT-B/14, without registers is not there")
    assert "DreamSim" in dev.obstacle("background_consistency")
    assert plain.obstacle(SUBJECT) == plain.obstacle("background_consistency") == ""


def test_odd_input_is_scored_or_said(tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    write_video(videos / "ntsc-0.mp4", noise(90), fps=Fraction(30000, 1001))
    write_video(videos / "short-0.mp4", noise(9))
    write_video(videos / "odd size-0.mp4", noise(20, 47, 63))
    write_video(videos / "under_score_d-0.mp4", noise(32))
    write_video(videos / "web-0.webm", noise(33))
    write_gif(videos / "moving-0.gif", noise(24))
    write_stills(videos / "stills-0", noise(20))
    write_truncated(videos / "cut off-0.mp4")
    (videos / "text-0.mp4").write_text("no video")
    for reencode in (False, True):
        run = long_run(videos, tmp_path / f"run{reencode}", SUBJECT, FLICKER, reencode=reencode)
        found: dict[str, list[str]] = {}
        for row in run.rows():
            if row.dimension == SUBJECT:
                found.setdefault(video_of(row.video), []).append(row.status)
        assert found == {
            "ntsc-0.mp4": [SCORED] * 2, "short-0.mp4": [SCORED], "odd size-0.mp4": [SCORED] * 2,
            "under_score_d-0.mp4": [SCORED] * 2, "web-0.webm": [SCORED] * 3, "moving-0.gif": [SCORED] * 2,
            "stills-0": [SCORED] * 2, "cut off-0.mp4": [UNREADABLE], "text-0.mp4": [UNREADABLE],
        }  # fmt: skip
        assert all(math.isfinite(score) for score in run.card.scores.values())


def test_a_scene_is_cut_and_compared_by_itself(tmp_path: Path) -> None:
    pytest.importorskip("scenedetect")
    frames = np.concatenate([noise(40, 96, 128) // 3, 255 - noise(40, 96, 128, 5) // 3])
    write_video(tmp_path / "videos" / "two scenes-0.mp4", frames)
    run = long_run(tmp_path / "videos", tmp_path / "run", SUBJECT, scenes=True)
    names = [f"two scenes-0.mp4#t={time}" for time in ("0,2", "2,4", "3,5", "5,7", "7,9", "8,10")]
    assert sorted(scores(run, SUBJECT)) == sorted(names)
    assert list(scores(run, "subject_clip_to_clip")) == ["two scenes-0.mp4#scene=0", "two scenes-0.mp4#scene=1"]
    assert run.is_whole


def test_clips_of_scenes_that_were_compressed_are_verified(tmp_path: Path) -> None:
    pytest.importorskip("scenedetect")
    frames = np.concatenate([noise(20, 96, 128) // 3, 255 - noise(20, 96, 128, 5) // 3])
    write_video(tmp_path / "videos" / "two scenes-0.mp4", frames)
    run = long_run(tmp_path / "videos", tmp_path / "run", FLICKER, scenes=True, reencode=True)
    lite = Evaluators(profile("lite"), torch.device("cpu"), run.record.options, VBENCH_LONG)
    rows, cutting = measured_rows(tmp_path / "run"), Cutting.recorded(run.record.cutting)
    assert [row.details[SPANS][0][2:] for row in rows] == [[0, 20], [0, 20], [20, 40], [20, 40]]
    assert [found.verdict for found in verify(rows, tmp_path / "videos", lite, 2**30, cutting=cutting)] == [HELD] * 4


def test_without_the_comparison_a_clip_has_no_score_yet() -> None:
    row = Row("a.mp4#t=0,2", "a", SUBJECT, "", value=0.9, weight=1.0, details={"clips_of": "a.mp4", "clips": 3})
    (found,) = fused([row], VBENCH_LONG)
    assert (found.status, found.value) == (FAILED, None)
    alone = Row("a.mp4#t=0,1", "a", SUBJECT, "", value=0.9, weight=1.0, details={"clips_of": "a.mp4", "clips": 1})
    assert fused([alone], VBENCH_LONG)[0].value == 0.9


def test_clips_are_verified_as_they_were_measured(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a cat-0.mp4", noise(49))
    for scenes in (False, True):
        folder = tmp_path / f"run-{scenes}"
        run = long_run(tmp_path / "videos", folder, SUBJECT, FLICKER, scenes=scenes)
        cutting = Cutting.recorded(run.record.cutting)
        lite = Evaluators(profile("lite"), torch.device("cpu"), run.record.options, VBENCH_LONG)
        rows = measured_rows(folder)
        verdicts = list(verify(rows, tmp_path / "videos", lite, 2**30, cutting=cutting))
        assert {found.verdict for found in verdicts} == {HELD}
        assert len(verdicts) == len(rows) == 9
        wrong = [replace(row, value=(row.value or 0.0) + 0.01) for row in rows]
        changed = verify(wrong, tmp_path / "videos", lite, 2**30, cutting=cutting)
        assert {found.verdict for found in changed} == {OTHER_SCORE}
    before = [replace(row, details={key: told for key, told in row.details.items() if key != SPANS}) for row in rows]
    assert {found.verdict for found in verify(before, tmp_path / "videos", lite, 2**30, cutting=cutting)} == {
        NOT_SCORED
    }
