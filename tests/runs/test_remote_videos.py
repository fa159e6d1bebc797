"""Runs over videos at an address: the scores of the folder itself, and verdicts on what breaks or changes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import vbench
from tests.footage import noise, write_video
from tests.web_folder import WebFolder
from vbench.cli import main
from vbench.files import place, stage
from vbench.progress import Progress
from vbench.runs.record import read_record
from vbench.runs.run import Run
from vbench.runs.store import FAILED, SCORED, Row

ASKED: dict[str, Any] = {"profile": "lite", "dimensions": ["temporal_flickering"], "device": "cpu"}


class Heard(Progress):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebFolder]:
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(place, "PAUSE", 0.0)
    for index in range(3):
        write_video(tmp_path / "web" / f"a cat-{index}.mp4", noise(4, seed=index))
    (tmp_path / "web" / "a broken one-0.mp4").write_bytes(b"no video")
    with WebFolder(tmp_path / "web") as served:
        yield served


def rows(run: Run) -> list[Row]:
    return [replace(row, seconds=0.0) for row in run.rows()]


def text_of(run: Run) -> str:
    return run.folder.joinpath("run.json").read_text() + json.dumps([str(row) for row in run.rows()])


def test_scores_are_those_of_the_folder_and_the_record_holds_the_address(web: WebFolder, tmp_path: Path) -> None:
    here = vbench.evaluate(web.path, output=tmp_path / "here", **ASKED)
    heard = Heard()
    web.login = "me:word"
    opened = web.address.replace("//", "//me:word@")
    there = vbench.evaluate(opened, output=tmp_path / "there", progress=heard, **ASKED)
    told = [replace(row, reason=row.reason.replace(str(web.path), web.address)) for row in rows(here)]
    assert rows(there) == told
    assert there.record.videos == web.address
    assert str(tmp_path / "cache") not in text_of(there)
    assert "word" not in text_of(there)
    assert any(line.startswith("fetched 4 files, ") and line.endswith(f" from {web.address}") for line in heard.lines)
    assert {web.asked[path.name] for path in web.path.iterdir()} == {1}
    again = vbench.evaluate(opened, output=tmp_path / "there", **ASKED)
    assert again.outcome is not None
    assert (again.outcome.computed, again.outcome.reused) == (0, 4)
    assert {web.asked[path.name] for path in web.path.iterdir()} == {1}


def test_a_set_that_does_not_fit_is_fetched_again_and_scored_the_same(
    web: WebFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = vbench.evaluate(web.path, output=tmp_path / "here", **ASKED)
    monkeypatch.setenv(stage.BOUND, "0")
    there = vbench.evaluate(web.address, output=tmp_path / "there", **ASKED)
    assert [row.value for row in rows(there)] == [row.value for row in rows(here)]
    assert web.asked["a cat-0.mp4"] in (2, 3)  # once more where what is read ahead took its place
    assert len(list(stage.stage_dir().iterdir())) <= 2  # one that is scored, and one that is read ahead


def test_a_transfer_that_breaks_is_that_videos_verdict_and_the_next_call_tries_again(
    web: WebFolder, tmp_path: Path
) -> None:
    web.breaks["a cat-1.mp4"] = 100
    run = vbench.evaluate(web.address, output=tmp_path / "run", **ASKED)
    by_video = {row.video: row for row in run.rows()}
    assert by_video["a cat-1.mp4"].status == FAILED
    assert "it could not be fetched" in by_video["a cat-1.mp4"].reason
    assert [by_video[f"a cat-{index}.mp4"].status for index in (0, 2)] == [SCORED, SCORED]
    web.breaks.clear()
    again = vbench.evaluate(web.address, output=tmp_path / "run", **ASKED)
    assert {row.video: row.status for row in again.rows()}["a cat-1.mp4"] == SCORED


def test_a_video_that_changes_between_two_fetches_has_no_score_until_it_is_looked_at_again(
    web: WebFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(stage.BOUND, "0")
    changed = write_video(tmp_path / "other.mp4", noise(4, seed=9)).read_bytes()
    web.later["a cat-0.mp4"] = changed
    run = vbench.evaluate(web.address, output=tmp_path / "run", **ASKED)
    row = next(row for row in run.rows() if row.video == "a cat-0.mp4")
    assert (row.status, row.value, row.reason) == (FAILED, None, "the file changed while it was looked at")
    again = vbench.evaluate(web.address, output=tmp_path / "run", **ASKED)
    assert next(row for row in again.rows() if row.video == "a cat-0.mp4").status == SCORED


def called(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["vbench", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_the_commands_take_an_address(
    web: WebFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    opened = web.address.replace("//", "//me:word@")
    web.login = "me:word"
    assert called(monkeypatch, "evaluate", opened, "--profile", "lite", "-d", "temporal_flickering", "-o", "run") == 1
    said = capsys.readouterr()
    assert f"{web.address}/a broken one-0.mp4 cannot be decoded" in said.err
    assert "fetched 4 files" in said.err
    results = json.loads((tmp_path / "run" / "results_eval_results.json").read_text())
    paths = [one["video_path"] for one in results["temporal_flickering"][1]]
    assert paths == [f"{web.address}/a cat-{index}.mp4" for index in range(3)]
    assert called(monkeypatch, "verify", "run", opened, "--fraction", "1") == 0
    assert called(monkeypatch, "check", opened, "--profile", "lite", "--json") == 1
    said = capsys.readouterr()
    assert "unreadable" in said.out
    assert "word" not in said.out + said.err
    assert "word" not in (tmp_path / "run" / "run.json").read_text()
    assert read_record(tmp_path / "run").videos == web.address
    assert called(monkeypatch, "evaluate", web.path, "-o", "s3://bucket/run") == 2
    assert "vbench: s3://bucket/run/results_full_info.json is an address" in capsys.readouterr().err
    assert not (tmp_path / "s3:").exists()
