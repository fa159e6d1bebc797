"""``vbench score``: intervals, and what each dimension said of each video."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pyarrow import parquet

from tests.analysis.test_comparison import write_run
from tests.analysis.test_statistics import run as small_run
from tests.cli.test_commands import Command, vbench
from vbench.analysis.statistics import intervals
from vbench.runs.store import FAILED, Row

__all__ = ["vbench"]


@pytest.fixture
def rows() -> list[Row]:
    found = small_run(0, samples=1)
    alone = Row('one, "quoted".mp4', "one", "brightness", "", value=0.25, weight=1.0)
    failed = Row("bad.mp4", "bad", "scene", "", status=FAILED, reason="no luck")
    return [*found, alone, failed, replace(found[0], video="extra.mp4", weight=0.0)]


@pytest.fixture
def run(rows: list[Row], tmp_path: Path) -> Path:
    return write_run(tmp_path / "run", rows)


def test_scores_have_the_intervals_of_statistics(vbench: Command, run: Path, rows: list[Row]) -> None:
    card = vbench("score", run, "--json").json
    expected = {name: [found.low, found.high] for name, found in intervals(rows).items()}
    shown = {name: found["interval"] for name, found in card["dimensions"].items()} | card["intervals"]
    assert shown == {**expected, "brightness": None}  # a single prompt's score has none


def test_the_table_shows_the_same_intervals(vbench: Command, run: Path) -> None:
    card, printed = vbench("score", run, "--json").json, vbench("score", run).out
    low, high = card["dimensions"]["scene"]["interval"]
    assert f"{card['dimensions']['scene']['score']:.4f}  {low:.4f} to {high:.4f}" in printed
    low, high = card["intervals"]["total"]
    assert f"Total     {100 * card['total']:.2f} %  ({100 * low:.2f} to {100 * high:.2f})" in printed
    assert "not scored: scene: 1 failed" in printed


def test_each_video_is_shown_with_its_scores(vbench: Command, run: Path, rows: list[Row]) -> None:
    printed = vbench("score", run, "--videos").out
    assert 'one, "quoted".mp4\n  brightness              0.2500\n' in printed
    assert "bad.mp4\n  scene                   failed: no luck\n" in printed
    assert "does not count" in printed.partition("extra.mp4")[2].splitlines()[1]
    told = vbench("score", run, "--videos", "--json").json["per_video"]
    assert sorted(_keys(told)) == sorted((row.video, row.dimension, row.value, row.weight, row.status) for row in rows)


def _keys(told: list[dict[str, object]]) -> Iterator[tuple[object, ...]]:
    return ((one["video"], one["dimension"], one["score"], one["weight"], one["status"]) for one in told)


def test_the_exports_hold_what_json_says(vbench: Command, run: Path, tmp_path: Path) -> None:
    told = vbench("score", run, "--videos", "--json", "-o", tmp_path / "scores.parquet").json["per_video"]
    assert parquet.read_table(tmp_path / "scores.parquet").to_pylist() == told
    vbench("score", run, "-o", tmp_path / "scores.csv")
    with (tmp_path / "scores.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == [
            {name: "" if value is None else str(value) for name, value in one.items()} for one in told
        ]


def test_no_other_kind_of_table_and_no_strangers_file(vbench: Command, run: Path, tmp_path: Path) -> None:
    wrong = vbench("score", run, "-o", tmp_path / "scores.xlsx")
    assert wrong.status == 2
    assert "ends in .csv or .parquet" in wrong.err
    (tmp_path / "mine.csv").write_text("mine")
    assert vbench("score", run, "-o", tmp_path / "mine.csv").status == 2
    assert (tmp_path / "mine.csv").read_text() == "mine"


def test_result_files_have_no_videos(vbench: Command, tmp_path: Path) -> None:
    file = tmp_path / "a_eval_results.json"
    file.write_text(json.dumps({"scene": [0.5, []]}))
    assert vbench("score", file, "--json").json["dimensions"]["scene"]["interval"] is None
    refused = vbench("score", file, "--videos")
    assert refused.status == 2
    assert "need the folder of a run" in refused.err
