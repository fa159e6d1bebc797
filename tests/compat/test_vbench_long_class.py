"""The drop-in for long videos takes what the reference's command line passes on, and writes its two files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.footage import noise, write_video
from vbench.benchmarks import long_tables
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


WEIGHTS = {f"w_{part}_{short}": 0.5 for part in ("inclip", "clip2clip") for short in ("sb", "bg")}


def written(path: Path, numbers: dict[Any, float]) -> str:
    path.write_text("".join(f"{name}: {number}\n" for name, number in numbers.items()) + "\n")
    return str(path)


def table(values: tuple[float, ...]) -> dict[Any, float]:
    return {place / 100: value for place, value in enumerate(values)}


def of_eval_long(folder: Path, dev_flag: bool) -> dict[str, Any]:
    """What the reference's ``eval_long.py`` passes on where its command line names nothing else."""
    return {
        "category": None,
        "sb_clip2clip_feat_extractor": "dinov2" if dev_flag else "dino",
        "bg_clip2clip_feat_extractor": "dreamsim" if dev_flag else "clip",
        "imaging_quality_preprocessing_mode": "longer",
        "clip_length_config": "clip_length_mix.yaml",
        "w_inclip": 1.0,
        "w_clip2clip": 0.0,
        "use_semantic_splitting": False,
        "slow_fast_eval_config": written(folder / "slow_fast_params.yaml", {**WEIGHTS, "inclip_mean_sb": 0.92}),
        "dev_flag": dev_flag,
        "sb_mapping_file_path": written(folder / "subject.yaml", table(long_tables.SUBJECT)),
        "bg_mapping_file_path": written(folder / "background.yaml", table(long_tables.BACKGROUND)),
        "static_filter_flag": False,
    }


@pytest.mark.parametrize("dev_flag", [True, False])
def test_what_eval_long_passes_on_is_taken(tmp_path: Path, videos: Path, dev_flag: bool) -> None:
    plain, _ = judged(tmp_path, videos, "plain", dev_flag=dev_flag)
    passed_on, _ = judged(tmp_path, videos, "passed on", **of_eval_long(tmp_path, dev_flag))
    assert passed_on.scores == plain.scores


@pytest.mark.parametrize(
    ("dev_flag", "setting", "value"),
    [
        (True, "sb_clip2clip_feat_extractor", "dino"),
        (True, "bg_clip2clip_feat_extractor", "clip"),
        (True, "slow_fast_eval_config", {**WEIGHTS, "w_clip2clip_bg": 0.2}),
        (True, "slow_fast_eval_config", {}),
        (True, "sb_mapping_file_path", {**table(long_tables.SUBJECT), 0.5: 0.9}),
        (False, "bg_mapping_file_path", table(long_tables.SUBJECT)),
        (False, "w_inclip", 0.5),
        (False, "w_clip2clip", 0.5),
    ],
)
def test_what_would_be_another_score_in_the_reference_is_refused(
    tmp_path: Path, videos: Path, dev_flag: bool, setting: str, value: Any
) -> None:
    given = of_eval_long(tmp_path, dev_flag)
    given[setting] = written(tmp_path / "other.yaml", value) if isinstance(value, dict) else value
    with pytest.raises(UsageError, match=setting):
        judged(tmp_path, videos, "other", **given)


def test_a_file_of_no_numbers_is_told(tmp_path: Path, videos: Path) -> None:
    for content in (b"w_inclip_sb: half\n", b"\xff\xff"):
        (tmp_path / "weights.yaml").write_bytes(content)
        with pytest.raises(UsageError, match=r"weights\.yaml cannot be read as lines"):
            judged(tmp_path, videos, "mine", dev_flag=True, slow_fast_eval_config=tmp_path / "weights.yaml")
    with pytest.raises(UsageError, match=r"gone\.yaml cannot be read as lines"):
        judged(tmp_path, videos, "mine", dev_flag=True, slow_fast_eval_config=tmp_path / "gone.yaml")


def test_what_has_no_effect_in_the_reference_is_taken(tmp_path: Path, videos: Path) -> None:
    compared, _ = judged(tmp_path, videos, "compared", dev_flag=True)
    assert judged(tmp_path, videos, "weighed", dev_flag=True, w_inclip=0.2)[0].scores == compared.scores
    weights = written(tmp_path / "weights.yaml", {**WEIGHTS, "w_inclip_sb": 0.9})
    plain, _ = judged(tmp_path, videos, "plain")
    assert judged(tmp_path, videos, "not counted", slow_fast_eval_config=weights)[0].scores == plain.scores
