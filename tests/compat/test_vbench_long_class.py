"""The drop-in for long videos takes what the reference's command line passes on, and writes its two files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.footage import noise, write_video
from vbench.compat.vbench_long_class import VBenchLong
from vbench.errors import UsageError

SUBJECT = "subject_consistency"


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for index in range(2):
        write_video(tmp_path / "videos" / f"a red_bus-{index}.mp4", noise(40, seed=index))
    left = tmp_path / "videos" / "split_clip" / "a red_bus-0"
    write_video(left / "a red_bus-0_000.mp4", noise(16, seed=9))  # what the reference left is not read
    return tmp_path / "videos"


def judged(tmp_path: Path, videos: Path, name: str, **how: Any) -> tuple[Any, list[Any]]:
    suite = tmp_path / "suite.json"
    suite.write_text(json.dumps([{"prompt_en": "a red_bus", "dimension": [SUBJECT]}]))
    card = VBenchLong("cpu", suite, tmp_path / "results", "lite").evaluate(
        videos, name, dimension_list=[SUBJECT], num_of_samples_per_prompt=2, **how
    )
    files = [
        json.loads((tmp_path / "results" / f"{name}_{kind}.json").read_text()) for kind in ("eval_results", "full_info")
    ]
    return card, files


def test_both_files_are_the_references(tmp_path: Path, videos: Path) -> None:
    card, (results, info) = judged(tmp_path, videos, "mine", dev_flag=True, static_filter_flag=False)
    aggregate, clips = results[SUBJECT]
    assert aggregate == card.scores[SUBJECT]
    assert len(clips) == 6
    assert all(
        one["video_results"] == pytest.approx(0.5 * one["inclip_score"] + 0.5 * one["mapped_clip2clip_score"])
        for one in clips
    )
    assert [Path(path).name for path in info[0]["video_list"]] == ["a red_bus-0.mp4", "a red_bus-1.mp4"]
    assert sorted(path.name for path in videos.iterdir()) == ["a red_bus-0.mp4", "a red_bus-1.mp4", "split_clip"]


def test_without_dev_flag_the_comparison_counts_nothing(tmp_path: Path, videos: Path) -> None:
    card, (results, _) = judged(tmp_path, videos, "plain")
    assert card.benchmark.name == "vbench-long-plain"
    assert all(one["video_results"] == one["inclip_score"] for one in results[SUBJECT][1])
    assert any(one["clip2clip_score"] for one in results[SUBJECT][1])


def test_own_videos_and_modes(tmp_path: Path, videos: Path) -> None:
    made = VBenchLong("cpu", None, tmp_path / "own", "lite")
    card = made.evaluate(videos, "own", dimension_list=["temporal_flickering"], mode="long_custom_input")
    assert card.dimensions["temporal_flickering"].videos == 6
    with pytest.raises(UsageError, match="long_vbench_standard, long_custom_input"):
        made.evaluate(videos, "own", mode="long")
    with pytest.raises(UsageError, match="clip_length_config"):
        made.evaluate(videos, "own", mode="long_custom_input", clip_length_config="clip_length_0.5.yaml")
