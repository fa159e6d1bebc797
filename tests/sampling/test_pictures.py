"""Sampling from pictures: the suite's are found, the ratio is the model's, and both are taken up by an evaluation."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import vbench
from tests.footage import noise, write_video
from vbench.benchmarks.i2v import VBENCH_I2V
from vbench.errors import UsageError
from vbench.generators.catalog import build
from vbench.generators.synthetic.render import texture
from vbench.media.video import Video
from vbench.sampling.generate import STARTED_FROM
from vbench.sampling.manifest import NAME
from vbench.sampling.record import RECORD, read_sampling
from vbench.sampling.wanted import wanted_samples, without_words

SMALL = {"frames": 6, "width": 96, "height": 54}


@pytest.fixture
def material(tmp_path: Path) -> Path:
    """A suite of three prompts on two pictures, which lie beside it in two ratios."""
    suite = [
        {"prompt_en": "a bay", "dimension": ["i2v_background"], "image_name": "a bay.png"},
        {"prompt_en": "a bay, camera pans left", "dimension": ["camera_motion"], "image_name": "a bay.png"},
        {"prompt_en": "a cat", "dimension": ["i2v_subject", "dynamic_degree"], "image_name": "a cat.png"},
    ]
    (tmp_path / "suite.json").write_text(json.dumps(suite))
    for seed, (ratio, size) in enumerate({"1-1": (54, 54), "16-9": (96, 54)}.items()):
        for place, name in enumerate(("a bay.png", "a cat.png")):
            path = tmp_path / "images" / "crop" / ratio / name
            path.parent.mkdir(parents=True, exist_ok=True)
            wall = (255 * texture(10 * seed + place)[: size[1], : size[0]]).astype(np.uint8)
            Image.fromarray(wall).save(path)
    return tmp_path


def sample(material: Path, model: str = "synthetic", **changed: Any) -> Any:
    asked: dict[str, Any] = {"benchmark": "vbench-i2v", "samples": 1, "settings": SMALL, **changed}
    return vbench.generate(model, material / "videos", suite=material / "suite.json", **asked)


def record_of(folder: Path) -> dict[str, Any]:
    record = read_sampling(folder)
    assert record is not None
    return record


def test_videos_start_from_the_suites_pictures_in_the_models_ratio_and_are_judged_beside_them(material: Path) -> None:
    assert sample(material).made == 3
    wide = material / "images" / "crop" / "16-9"
    assert record_of(material / "videos")["pictures"] == {"folder": str(wide), "ratio": "16-9"}
    first = Video(material / "videos" / "a bay, camera pans left-0.mp4").frames([0])[0].permute(1, 2, 0).numpy()
    picture = np.asarray(Image.open(wide / "a bay.png"))
    assert abs(first.astype(int) - picture).mean() < 8  # through a codec
    run = vbench.evaluate(material / "videos", profile="lite", output=material / "run")
    assert run.plan
    assert run.plan.pictures
    assert (run.plan.pictures.folder, run.plan.pictures.ratio) == (wide, "16-9")
    assert {row.details["image"] for row in run.rows() if row.dimension == "i2v_subject"} == {str(wide / "a cat.png")}


def test_another_ratio_is_another_folder_of_samples(material: Path) -> None:
    sample(material, ratio="1-1")
    assert record_of(material / "videos")["pictures"]["ratio"] == "1-1"
    with pytest.raises(UsageError, match="holds other samples: ratio of pictures was '1-1' and is now '16-9'"):
        sample(material)
    with pytest.raises(UsageError, match="no pictures of the ratio '7-4'"):
        sample(material, ratio="7-4")


def test_pictures_may_be_moved_between_calls_and_are_known_by_their_content(material: Path) -> None:
    sample(material)
    moved = material / "elsewhere"
    (material / "images").rename(moved)
    assert sample(material, images=moved, samples=2).kept == 3
    assert record_of(material / "videos")["pictures"]["folder"] == str(moved / "crop" / "16-9")
    shutil.copy(moved / "crop" / "16-9" / "a cat.png", moved / "crop" / "16-9" / "a bay.png")
    with pytest.raises(UsageError, match="was made from another picture or clip than is given now"):
        sample(material, images=moved, samples=2)


def test_pictures_are_not_moved_for_videos_that_are_not_looked_at(material: Path) -> None:
    sample(material)
    moved = (material / "images").rename(material / "elsewhere")
    with pytest.raises(UsageError, match="holds other samples: folder of pictures was"):
        sample(material, images=moved, dimensions=["camera_motion"])


def test_where_it_is_not_known_of_which_pictures_videos_were_made_their_folder_has_to_be_the_same(
    material: Path,
) -> None:
    sample(material)
    manifest = material / "videos" / NAME
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    for line in lines:
        line["settings"].pop(STARTED_FROM)
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))
    moved = (material / "images").rename(material / "elsewhere")
    with pytest.raises(UsageError, match="holds other samples: folder of pictures was"):
        sample(material, images=moved)


def test_missing_pictures_are_named_and_nothing_is_sampled(material: Path) -> None:
    (material / "images" / "crop" / "16-9" / "a cat.png").unlink()
    with pytest.raises(UsageError, match=r"lacks 1 of the pictures: a cat\.png\. Nothing was done"):
        sample(material)
    assert not (material / "videos").exists()
    assert sample(material, dimensions=["camera_motion"]).made == 1


def test_a_model_without_text_skips_what_is_asked_in_words_and_says_so(material: Path) -> None:
    asked = wanted_samples(suite=material / "suite.json", benchmark="vbench-i2v", samples=2)
    kept = without_words(asked, VBENCH_I2V)
    assert {one.prompt.text for one in kept.samples} == {"a bay", "a cat"}
    assert kept.skipped.startswith("2 videos are not sampled: the model takes no text")
    assert "camera_motion" in kept.skipped
    assert set(kept.suite["dimensions"]) == set(VBENCH_I2V.rules) - {"camera_motion"}
    assert not build("svd-xt").takes_text
    assert build("wan2.1-i2v-14b").takes_text


def test_videos_that_exist_need_no_picture_until_they_are_judged(material: Path) -> None:
    for text in ("a bay", "a bay, camera pans left", "a cat"):
        write_video(material / "theirs" / f"{text}-0.mp4", noise(6))
    shutil.rmtree(material / "images")
    assert sample(material, f"directory:{material / 'theirs'}", settings={}).made == 3
    assert record_of(material / "videos")["pictures"] is None
    for given in ({"images": material / "theirs"}, {"ratio": "16-9"}):
        with pytest.raises(UsageError, match="leave out --images and --ratio here, and give them to vbench evaluate"):
            sample(material, f"directory:{material / 'theirs'}", settings={}, **given)
    with pytest.raises(UsageError, match=r"images is not a folder of pictures\. Name it with --images"):
        vbench.evaluate(material / "videos", profile="lite", output=material / "run")


def test_what_an_older_version_made_of_pictures_that_it_did_not_record_is_not_continued_and_is_told_so(
    material: Path,
) -> None:
    sample(material)
    told = material / "videos" / RECORD
    told.write_text(json.dumps({name: value for name, value in record_of(told.parent).items() if name != "pictures"}))
    with pytest.raises(UsageError, match=r"an older version did not record pictures, and now they are \{'folder'"):
        sample(material)
    assert vbench.evaluate(material / "videos", profile="lite", output=material / "run").card.scored
