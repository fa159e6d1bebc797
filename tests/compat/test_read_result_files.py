"""The reference's own result files: accepted, recomputed, and marked by what they lack."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.leaderboard.archives import card, rows, zipped
from tests.simulated import simulated_rows
from vbench.compat.read_result_files import LACKS, read_results
from vbench.compat.result_files import eval_results
from vbench.errors import Refused, UsageError
from vbench.leaderboard.submissions.archive import Limits, read_archive
from vbench.leaderboard.submissions.pack import pack_results
from vbench.leaderboard.submissions.validate import Checked, check
from vbench.runs.results import score_card
from vbench.runs.store import Row

LIMITS = Limits(1 << 26, 100, 1 << 28, 200, 1 << 20)


def results(rows: Iterable[Row]) -> dict[str, Any]:
    """Result files of videos of 16 frames."""
    made = [
        replace(row, per_frame=[row.value or 0.0] * 16, details={"success_frame_count": 0, "frame_count": 16})
        for row in rows
    ]
    return eval_results(made, score_card(made), Path("/home/somebody/videos"))


def judged(content: bytes) -> Checked:
    return check(read_archive(content, LIMITS), "open", card())


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """A run with the official suite's structure: the open suite has as many prompts in every dimension."""
    return results(simulated_rows(1))


def test_rows_come_back_from_the_files_that_we_write() -> None:
    made = [row for row in rows() if row.dimension != "human_action"]
    read, notes = read_results({"x_eval_results.json": json.dumps(results(made)).encode()})
    assert score_card(read).scores == pytest.approx(score_card(made).scores)
    assert {(row.video, row.dimension) for row in read} == {(row.video, row.dimension) for row in made}
    assert notes[: len(LACKS)] == list(LACKS)


@pytest.mark.usefixtures("empty_cache")
@pytest.mark.parametrize("form", ["json", "zip", "folder", "one file a dimension"])
def test_every_form_in_which_users_have_them(form: str, whole: dict[str, Any], tmp_path: Path) -> None:
    source = tmp_path / "results"
    text = json.dumps(whole).encode()
    one_each = {
        f"{name}_eval_results.json": json.dumps({name.replace("_", " "): result}).encode()
        for name, result in whole.items()
    }
    if form == "json":
        source.write_bytes(text)
    elif form == "folder":
        source.mkdir()
        (source / "model_eval_results.json").write_bytes(text)
        (source / "model_full_info.json").write_bytes(b"[]")
    else:
        files = {"results/model_eval_results.json": text, "results/model_full_info.json": b"[]"}
        source.write_bytes(zipped(files if form == "zip" else one_each))
    checked = judged(pack_results(source, card()))
    expected = score_card(simulated_rows(1))
    assert checked.format == "reference"
    assert checked.apart == []
    assert checked.scores["total"].value == pytest.approx(expected.total)
    assert checked.scores["total"].low is not None
    assert set(LACKS) <= set(checked.notes)
    if form in ("json", "zip"):
        assert judged(source.read_bytes()).scores == checked.scores


def test_a_part_of_the_results_is_refused(whole: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="scene is incomplete: 429 of 430 videos"):
        judged(json.dumps({**whole, "scene": [whole["scene"][0], whole["scene"][1][1:]]}).encode())


def test_videos_that_the_reference_leaves_out_of_color(whole: dict[str, Any]) -> None:
    checked = judged(json.dumps({**whole, "color": [whole["color"][0], whole["color"][1][3:]]}).encode())
    assert any(note.startswith("color is of 422 of 425 videos") for note in checked.notes)
    assert any(note.startswith("color: the file says") for note in checked.notes)


def test_an_aggregate_is_never_believed(whole: dict[str, Any]) -> None:
    checked = judged(json.dumps({**whole, "scene": [0.99, whole["scene"][1]]}).encode())
    assert checked.scores["scene"].value == pytest.approx(whole["scene"][0])
    assert any(note.startswith("scene: the file says 0.99, its videos give") for note in checked.notes)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"scene": [0.9, []]}', "no results per video"),
        (b'{"scene": 0.9}', r"is not \[aggregate, \[results per video\]\]"),
        (b'{"scene": [0.9, [{"video_path": "a-0.mp4", "video_results": NaN}]]}', "NaN is no number"),
        (b'{"scene": [0.9, [{"video_path": "a-0.mp4", "video_results": "x"}]]}', "result 0 of scene"),
        (b'{"scene": [0.9, [{"video_path": 7, "video_results": 1}]]}', "result 0 of scene"),
        (b'{"scene": [0.9, ["a"]]}', "result 0 of scene"),
        (b'{"temporal_style": [323, [{"video_path": "a-0.mp4", "video_results": 323.1}]]}', "without its weights"),
        (b"{", "no JSON"),
        (b"{}", "There are no scores"),
    ],
)
def test_files_of_another_shape(content: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        judged(content)


def test_a_dimension_in_two_files() -> None:
    one = json.dumps({"scene": [1, [{"video_path": "a-0.mp4", "video_results": 1}]]}).encode()
    with pytest.raises(Refused, match="scene is there twice"):
        judged(zipped({"a_eval_results.json": one, "b_eval_results.json": one}))


def test_frames_weigh_where_the_file_tells_them() -> None:
    result = [
        {"video_path": "x\\a-0.mp4", "video_results": 0.5, "cnt_per_video": 3},
        {"video_path": "x/a-1.mp4", "video_results": 1, "cnt_per_video": 1},
    ]
    made, _ = read_results({"eval_results.json": json.dumps({"background_consistency": [0.625, result]}).encode()})
    assert [(row.video, row.prompt, row.weight) for row in made] == [("a-0.mp4", "a", 3.0), ("a-1.mp4", "a", 1.0)]
    assert score_card(made).scores == {"background_consistency": 0.625}


def test_nothing_to_pack(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds neither a run nor"):
        pack_results(tmp_path, card())
