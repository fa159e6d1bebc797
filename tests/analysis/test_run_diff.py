"""Changing one thing makes ``diff`` name it, and ``verify`` refuse it."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from tests import toys
from tests.footage import noise, write_video
from vbench.analysis.run_diff import differences, moved
from vbench.files import kept_digests
from vbench.files.digest import content_of
from vbench.runs.custom_plan import custom_plan
from vbench.runs.evaluate import evaluate
from vbench.runs.evaluators import Evaluators
from vbench.runs.results import read_rows
from vbench.runs.verify import HELD, MISSING, OTHER_EVALUATOR, OTHER_VIDEO, drawn, verify
from vbench.sampling.manifest import NAME, SampleRecord

pytestmark = pytest.mark.usefixtures("toy_dimensions")


def evaluators() -> Evaluators:
    return Evaluators(toys.PROFILE, torch.device("cpu"))


def write_manifest(videos: Path, **changes: object) -> None:
    records = [
        SampleRecord(f"{index}.mp4", f"prompt {index}", seed=index, text=f"a longer prompt {index}")
        for index in range(4)
    ]
    records[2] = replace(records[2], **changes)  # type: ignore[arg-type]
    (videos / NAME).write_text("".join(json.dumps(asdict(record)) + "\n" for record in records))


@pytest.fixture
def videos(tmp_path: Path, empty_cache: Path) -> Path:
    for index in range(4):
        write_video(tmp_path / "videos" / f"{index}.mp4", noise(4, seed=index))
    write_manifest(tmp_path / "videos")
    weights = empty_cache / "amt_model/amt-s.pth"
    weights.parent.mkdir(parents=True)
    torch.save({"a": torch.zeros(1)}, weights)
    return tmp_path / "videos"


@pytest.fixture
def run(videos: Path, tmp_path: Path) -> Path:
    return again(videos, tmp_path / "run")


def again(videos: Path, folder: Path) -> Path:
    evaluate(custom_plan(videos, ["brightness", "weighing"]), evaluators(), folder)
    return folder


def named(first: Path, second: Path) -> list[str]:
    return [difference.what for difference in differences(first, second)]


def test_the_same_twice(run: Path, videos: Path, tmp_path: Path) -> None:
    assert named(run, again(videos, tmp_path / "b")) == []
    assert moved(run, tmp_path / "b") == []


def test_one_video(run: Path, videos: Path, tmp_path: Path) -> None:
    write_video(videos / "1.mp4", noise(4, seed=50))
    other = again(videos, tmp_path / "b")
    assert named(run, other) == ["videos"]
    (move,) = moved(run, other)
    assert (move.prompt, move.dimension) == ("prompt 1", "brightness")


def test_one_prompt_extension(run: Path, videos: Path, tmp_path: Path) -> None:
    write_manifest(videos, text="something else", extender="another model")
    found = differences(run, again(videos, tmp_path / "b"))
    assert [difference.what for difference in found] == ["extension", "extender"]
    assert "1 of 4 samples" in found[0].second
    assert "something else" in found[0].second


def test_seed_and_settings(run: Path, videos: Path, tmp_path: Path) -> None:
    write_manifest(videos, seed=99, settings={"steps": 10})
    assert named(run, again(videos, tmp_path / "b")) == ["seeds", "settings of sampling"]


def test_one_checkpoint(run: Path, videos: Path, tmp_path: Path, empty_cache: Path) -> None:
    torch.save({"a": torch.ones(1)}, empty_cache / "amt_model/amt-s.pth")
    assert named(run, again(videos, tmp_path / "b")) == ["checkpoints: amt_s"]


def test_format_and_number_of_samples(run: Path, videos: Path, tmp_path: Path) -> None:
    write_video(videos / "3.mp4", noise(9, seed=3))
    (videos / NAME).unlink()
    write_video(videos / "0-1.mp4", noise(4, seed=70))
    assert {"manifest", "samples", "formats", "videos"} <= set(named(run, again(videos, tmp_path / "b")))


def test_verification_holds_and_finds_what_changed(run: Path, videos: Path, empty_cache: Path) -> None:
    rows = read_rows(run)
    assert {verdict.verdict for verdict in verify(rows, videos, evaluators(), 0)} == {HELD}
    write_video(videos / "1.mp4", noise(4, seed=50))
    (videos / "2.mp4").unlink()
    torch.save({"a": torch.ones(1)}, empty_cache / "amt_model/amt-s.pth")
    verdicts = {
        (found.row.video, found.row.dimension): found.verdict for found in verify(rows, videos, evaluators(), 0)
    }
    assert verdicts["0.mp4", "brightness"] == HELD
    assert verdicts["1.mp4", "brightness"] == OTHER_VIDEO
    assert verdicts["2.mp4", "weighing"] == MISSING
    assert verdicts["0.mp4", "weighing"] == OTHER_EVALUATOR


def test_verification_reads_files_anew_whatever_digest_was_kept_of_them(
    run: Path, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_digests, "WORTH", 0)
    rows, path = read_rows(run), videos / "1.mp4"
    (before,) = {row.sha256 for row in rows if row.video == "1.mp4"}
    write_video(path, noise(4, seed=50))
    kept_digests.keep("sha256", kept_digests.FileState.of(path), before)
    assert content_of(path) == before
    found = {verdict.verdict for verdict in verify(rows, videos, evaluators(), 0) if verdict.row.video == "1.mp4"}
    assert found == {OTHER_VIDEO}
    assert content_of(path) != before


def test_the_part_to_verify_is_random_seeded_and_never_empty(run: Path) -> None:
    rows = read_rows(run)
    assert len(drawn(rows, 0.5, 1)) == 4
    assert drawn(rows, 0.5, 1) == drawn(rows, 0.5, 1)
    assert len(drawn(rows, 0.0, 1)) == 1
    assert drawn([], 0.5, 1) == []


def test_a_moved_run_can_be_verified(run: Path, videos: Path, tmp_path: Path) -> None:
    shutil.move(videos, tmp_path / "elsewhere")
    assert {verdict.verdict for verdict in verify(read_rows(run), tmp_path / "elsewhere", evaluators(), 0)} == {HELD}
