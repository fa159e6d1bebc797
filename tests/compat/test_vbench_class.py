"""The reference's interface: what is written, and what repeated calls do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.footage import noise, write_text, write_video
from vbench import VBench
from vbench.compat.result_files import eval_results
from vbench.compat.vbench_class import NothingScored
from vbench.errors import UsageError
from vbench.runs.results import score_card
from vbench.runs.store import Row


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for index in range(2):
        write_video(tmp_path / "videos" / f"a cat-{index}.mp4", noise(4, seed=index))
    return tmp_path / "videos"


def suite(tmp_path: Path) -> Path:
    file = tmp_path / "suite.json"
    file.write_text(json.dumps([{"prompt_en": "a cat", "dimension": ["temporal_flickering"]}]))
    return file


def test_both_files_have_the_references_shape(videos: Path, tmp_path: Path) -> None:
    bench = VBench("cpu", suite(tmp_path), tmp_path / "out")
    card = bench.evaluate(videos_path=str(videos), name="model", dimension_list=["temporal_flickering"], local=True)
    results = json.loads((tmp_path / "out" / "model_eval_results.json").read_text())
    score, per_video = results["temporal_flickering"]
    assert score == card.scores["temporal_flickering"]
    assert [set(entry) for entry in per_video] == [{"video_path", "video_results"}] * 2
    assert per_video[0]["video_path"] == str(videos / "a cat-0.mp4")
    (info,) = json.loads((tmp_path / "out" / "model_full_info.json").read_text())
    assert info["prompt_en"] == "a cat"
    assert info["video_list"] == [str(videos / f"a cat-{index}.mp4") for index in range(2)]


def test_one_name_for_several_sets_of_videos(videos: Path, tmp_path: Path) -> None:
    bench = VBench("cpu", None, tmp_path / "out")
    first = bench.evaluate(videos, "model", dimension_list=["temporal_flickering"], mode="custom_input")
    write_video(tmp_path / "others" / "a dog-0.mp4", noise(4, seed=9))
    second = bench.evaluate(tmp_path / "others", "model", dimension_list=["temporal_flickering"], mode="custom_input")
    assert first.scores != second.scores
    written = json.loads((tmp_path / "out" / "model_eval_results.json").read_text())
    assert written["temporal_flickering"][0] == second.scores["temporal_flickering"]
    assert {path.name for path in (tmp_path / "out").glob("*.run")} == {"model.run", "model-2.run"}
    assert bench.evaluate(videos, "model", dimension_list=["temporal_flickering"], mode="custom_input") == first


def test_prompts_as_a_list_and_as_a_mapping(videos: Path, tmp_path: Path) -> None:
    bench = VBench("cpu", None, tmp_path / "out")
    custom = {"dimension_list": ["temporal_flickering"], "mode": "custom_input"}
    bench.evaluate(videos / "a cat-0.mp4", "one", prompt_list=["a lynx"], **custom)  # type: ignore[arg-type]
    assert json.loads((tmp_path / "out" / "one_full_info.json").read_text())[0]["prompt_en"] == "a lynx"
    prompts = {"a cat-0.mp4": "a lynx", "a cat-1.mp4": "a puma"}
    bench.evaluate(videos, "two", prompt_list=prompts, **custom)  # type: ignore[arg-type]
    info = json.loads((tmp_path / "out" / "two_full_info.json").read_text())
    assert {entry["prompt_en"] for entry in info} == {"a lynx", "a puma"}
    with pytest.raises(UsageError, match="Several prompts need the videos"):
        bench.evaluate(videos, "three", prompt_list=["a", "b"], **custom)  # type: ignore[arg-type]


def test_category_mode_reads_the_lists_beside_the_suite(videos: Path, tmp_path: Path) -> None:
    (tmp_path / "prompts_per_category").mkdir()
    (tmp_path / "prompts_per_category" / "animal.txt").write_text("a cat\n")
    bench = VBench("cpu", suite(tmp_path), tmp_path / "out")
    dimensions = ["temporal_flickering"]
    card = bench.evaluate(videos, "c", dimension_list=dimensions, mode="vbench_category", category="animal")
    assert card.by_category["animal"] == card.scores
    with pytest.raises(UsageError, match="Name a content category"):
        bench.evaluate(videos, "c", dimension_list=dimensions, mode="vbench_category")


def test_nothing_scored_says_why(tmp_path: Path, empty_cache: Path) -> None:
    write_text(tmp_path / "videos" / "text-0.mp4")
    bench = VBench("cpu", None, tmp_path / "out")
    with pytest.raises(NothingScored, match=r"text-0\.mp4 cannot be decoded"):
        bench.evaluate(tmp_path / "videos", "x", dimension_list=["temporal_flickering"], mode="custom_input")
    with pytest.raises(NothingScored, match="vbench weights download amt_s"):
        bench.evaluate(tmp_path / "videos", "y", dimension_list=["motion_smoothness"], mode="custom_input")


def test_fields_beside_the_result(tmp_path: Path) -> None:
    counts = {"success_frame_count": 4, "frame_count": 16}
    rows = [
        Row("a.mp4", "a", "background_consistency", "", value=0.5, weight=10.0),
        Row("a.mp4", "a", "human_action", "", value=1.0, weight=1.0),
        Row("a.mp4", "a", "imaging_quality", "", value=0.5, weight=1.0),
        Row("a.mp4", "a", "scene", "", value=0.25, weight=16.0, details=counts),
        Row("a.mp4", "a", "spatial_relationship", "", value=0.5, weight=2.0, per_frame=[0.0, 1.0]),
        Row("a.mp4", "a", "color", "", value=0.0, weight=0.0),
        Row("b.mp4", "b", "color", "", value=1.0, weight=1.0),
    ]
    written = eval_results(rows, score_card(rows), tmp_path)
    assert {name: entries[1][0] for name, entries in written.items()} == {
        "background_consistency": {**_entry(tmp_path, 0.5), "video_sim": 5.0, "cnt_per_video": 10},
        "human_action": {**_entry(tmp_path, True), "cor_num_per_video": 1},
        "imaging_quality": _entry(tmp_path, 50.0),
        "scene": {**_entry(tmp_path, 0.25), **counts},
        "spatial_relationship": {**_entry(tmp_path, 0.5), "frame_results": [0.0, 1.0]},
        "color": {**_entry(tmp_path, 1.0, "b.mp4"), "cur_success_frame_rate": 1.0},
    }


def _entry(root: Path, value: object, name: str = "a.mp4") -> dict[str, object]:
    return {"video_path": str(root / name), "video_results": value}


def test_an_unknown_keyword_is_refused_with_the_closest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean category"):
        VBench("cpu", None, tmp_path).evaluate(tmp_path, "name", mode="vbench_category", categroy="animal")
