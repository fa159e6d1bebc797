"""The reference's interface of image to video: what it takes, and what it writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.footage import noise, write_video
from vbench import VBenchI2V
from vbench.errors import UsageError

DIMENSIONS = ["i2v_subject", "camera_motion"]


@pytest.fixture
def material(tmp_path: Path) -> Path:
    texts = {"a cat": ["i2v_subject"], "a cat, camera pans left": ["camera_motion"]}
    suite = [{"prompt_en": text, "dimension": names, "image_name": "a cat.jpg"} for text, names in texts.items()]
    (tmp_path / "suite.json").write_text(json.dumps(suite))
    for text in texts:
        write_video(tmp_path / "videos" / f"{text}-0.mp4", noise(6))
    for ratio in ("1-1", "16-9"):
        (tmp_path / "pictures" / "crop" / ratio).mkdir(parents=True)
        Image.fromarray(noise(1)[0]).save(tmp_path / "pictures" / "crop" / ratio / "a cat.jpg")
    return tmp_path


def test_both_files_have_the_references_shape(material: Path) -> None:
    bench = VBenchI2V("cpu", material / "suite.json", material / "out", profile_name="lite")
    asked: dict[str, Any] = {"dimension_list": DIMENSIONS, "images": material / "pictures"}
    card = bench.evaluate(material / "videos", "model", resolution="16-9", local=True, **asked)
    results = json.loads((material / "out" / "model_eval_results.json").read_text())
    score, (subject,) = results["i2v_subject"]
    assert score == card.scores["i2v_subject"] == subject["video_results"]
    assert subject["image_path"] == str(material / "pictures" / "crop" / "16-9" / "a cat.jpg")
    average, by_motion, (video,) = results["camera_motion"]
    assert average == by_motion["pan_left"] == float(video["video_results"])
    assert {name for name, mean in by_motion.items() if mean is None} == {
        "pan_right", "tilt_up", "tilt_down", "zoom_in", "zoom_out", "static",
    }  # fmt: skip
    assert video["prompt_type"] == "pan_left"
    assert isinstance(video["predict_type"], list)
    info = json.loads((material / "out" / "model_full_info.json").read_text())
    assert [entry["image_name"] for entry in info] == ["a cat.jpg"] * 2


def test_the_square_pictures_are_the_default_and_others_are_named(material: Path) -> None:
    bench = VBenchI2V("cpu", material / "suite.json", material / "out", profile_name="lite")
    asked: dict[str, Any] = {"dimension_list": ["i2v_subject"], "images": material / "pictures"}
    bench.evaluate(material / "videos", "model", **asked)
    (_, (subject,)) = json.loads((material / "out" / "model_eval_results.json").read_text())["i2v_subject"]
    assert Path(subject["image_path"]).parent.name == "1-1"
    with pytest.raises(UsageError, match="'8-5'; there are: 1-1, 16-9"):
        bench.evaluate(material / "videos", "model", resolution="8-5", **asked)
    with pytest.raises(UsageError, match="Did you mean resolution"):
        bench.evaluate(material / "videos", "model", resolutions="1-1", **asked)


def test_own_videos_take_their_pictures_and_prompts(material: Path) -> None:
    bench = VBenchI2V("cpu", None, material / "out", profile_name="lite")
    folder = material / "pictures" / "crop" / "1-1"
    prompts = {"a cat-0.mp4": "it sits, camera static", "a cat, camera pans left-0.mp4": "it runs, camera pans left"}
    (folder / "a cat, camera pans left.jpg").write_bytes((folder / "a cat.jpg").read_bytes())
    card = bench.evaluate(
        material / "videos", "own", DIMENSIONS, mode="custom_input", custom_image_folder=folder, prompt_list=prompts
    )
    assert set(card.scores) == set(DIMENSIONS)
    info = json.loads((material / "out" / "own_full_info.json").read_text())
    assert {entry["prompt_en"] for entry in info} == set(prompts.values())


def test_arguments_stand_where_the_reference_has_them(material: Path) -> None:
    bench = VBenchI2V("cpu", None, material / "out", profile_name="lite")
    folder = material / "pictures" / "crop" / "1-1"
    (folder / "a cat, camera pans left.jpg").write_bytes((folder / "a cat.jpg").read_bytes())
    bench.evaluate(material / "videos", "own", ["i2v_subject"], folder, "custom_input", True, False, "16-9")
    (_, videos) = json.loads((material / "out" / "own_eval_results.json").read_text())["i2v_subject"]
    assert [Path(video["image_path"]).parent for video in videos] == [folder, folder]
