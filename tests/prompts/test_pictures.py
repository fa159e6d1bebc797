"""Pictures of an image-to-video suite: which one belongs to which prompt, and how they are cropped to a ratio."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from vbench.cli import app
from vbench.errors import UsageError
from vbench.prompts.crops import Boxes, crop_box, make_crops
from vbench.prompts.pictures import (
    Pictures,
    nearest_ratio,
    picture_folder,
    pictures_by_video,
    refuse_missing,
    with_pictures,
)
from vbench.prompts.suite import Prompt, PromptSuite

GOLDEN = json.loads((Path(__file__).parents[1] / "parity" / "kit" / "goldens" / "i2v_crop.json").read_text())
CASES = [(case, ratio) for case in GOLDEN["cases"] for ratio in case["crops"]]


def picture(path: Path, size: tuple[int, int] = (8, 8)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, "teal").save(path)
    return path


@pytest.mark.parametrize(("case", "ratio"), CASES, ids=[f"{case['name']} {ratio}" for case, ratio in CASES])
def test_crop_boxes_are_the_references(case: dict[str, Any], ratio: str) -> None:
    first, second = tuple(case["first_bbox"]), tuple(case["second_crop"]["second_bbox"])
    expected = case["crops"][ratio]
    if isinstance(expected, dict):
        with pytest.raises(UsageError, match="between 1-1 and 16-9"):
            crop_box(ratio, first, second)
    else:
        assert crop_box(ratio, first, second) == tuple(expected)


def test_the_published_boxes_are_made_whole() -> None:
    for case in GOLDEN["cases"]:
        for ratio, box in GOLDEN["published"].get(case["name"], {}).items():
            assert crop_box(ratio, tuple(case["first_bbox"]), tuple(case["second_crop"]["second_bbox"])) == tuple(box)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((0, 0, 175, 99), (30, 0, 99, 99)),  # a pixel too narrow for 176x99
        ((0, 0, 176, 99), (90, 0, 99, 99)),  # the second box ends outside of the first
        ((0, 0, 192, 99), (5, 0, 180, 99)),  # and is wider than a crop that is 176 wide
    ],
)
def test_boxes_that_no_crop_fits_are_refused(
    first: tuple[int, int, int, int], second: tuple[int, int, int, int]
) -> None:
    with pytest.raises(UsageError, match=r"A crop of 176 px within a first box of .* these are no boxes of a picture"):
        crop_box("16-9", first, second)
    with pytest.raises(UsageError, match=r"^a lake.jpg: A crop of 176 px"):
        next(make_crops("16-9", Path("origin"), [Boxes("a lake.jpg", first, second)], Path("pictures")))


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Two originals, upright and wide, with the file of their boxes beside them."""
    folder = tmp_path / "pictures" / "origin"
    rng = np.random.default_rng(0)
    entries = []
    for name, (width, height), first, second in (
        ("an upright tree.jpg", (90, 160), (0, 30, 90, 90), (0, 20, 80, 45)),
        ("a wide bay.png", (180, 100), (2, 1, 176, 99), (30, 0, 99, 99)),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8)).save(folder / name)
        first_crop = {"width": first[2], "height": first[3], "first_bbox": first}
        second_crop = {"width": first[2], "height": first[3], "second_bbox": second}
        entries.append({"file_name": name, "first_crop": first_crop, "second_crop": second_crop})
    (tmp_path / "pictures" / "i2v-bench-info.json").write_text(json.dumps(entries))
    return folder


def test_the_command_crops_originals_and_the_crops_are_found_by_ratio(origin: Path) -> None:
    root = origin.parent
    done = CliRunner().invoke(app, ["prompts", "images", "--ratio", "16-9", "--ratio", "1-1", "--images", str(root)])
    assert done.exit_code == 0, done.output
    with Image.open(root / "crop" / "16-9" / "a wide bay.png") as crop, Image.open(origin / "a wide bay.png") as whole:
        assert np.array_equal(np.asarray(crop), np.asarray(whole.crop((2, 1, 178, 100))))
    with Image.open(root / "crop" / "1-1" / "an upright tree.jpg") as square:
        assert (square.size, square.format) == ((90, 90), "JPEG")
    assert picture_folder(root, size=(480, 832)) == Pictures(root / "crop" / "16-9", "16-9")
    assert picture_folder(root, "origin") == Pictures(origin, "origin")
    with pytest.raises(UsageError, match=r"'3-2'; there are: 1-1, 16-9, origin\. Make them with: vbench prompts"):
        picture_folder(root, "3-2")
    with pytest.raises(UsageError, match="'wide' is no ratio"):
        picture_folder(root, "wide")


def test_a_missing_original_is_named_before_anything_is_cropped(origin: Path) -> None:
    (origin / "a wide bay.png").unlink()
    done = CliRunner().invoke(app, ["prompts", "images", "--ratio", "1-1", "--from", str(origin)])
    assert isinstance(done.exception, UsageError)
    assert "lacks 1 of 2 pictures: a wide bay.png" in str(done.exception)
    assert not (origin.parent / "crop").exists()


def test_of_the_published_ratios_the_nearest_is_taken() -> None:
    published = ["1-1", "8-5", "7-4", "16-9"]
    sizes = {"1-1": (512, 512), "8-5": (320, 512), "7-4": (480, 832), "16-9": (720, 1280)}
    assert {ratio: nearest_ratio(published, *size) for ratio, size in sizes.items()} == {one: one for one in sizes}


def test_prompts_share_a_picture_and_those_without_one_are_named(tmp_path: Path) -> None:
    kept = picture(tmp_path / "a cafe\u0301.png")
    suite = PromptSuite("own", (
        Prompt("a caf\u00e9"),
        Prompt("a caf\u00e9, camera zooms in", image=Path("a caf\u00e9.jpg")),
        Prompt("a bay", image=Path("a bay.jpg")),
    ))  # fmt: skip
    found = with_pictures(suite, tmp_path).prompts
    assert [prompt.image for prompt in found] == [kept, kept, Path("a bay.jpg")]
    with pytest.raises(UsageError, match=r"lacks 1 of the pictures: a bay\.jpg\. Nothing was done"):
        refuse_missing(found, tmp_path)


def test_own_pictures_are_named_after_the_prompt_or_the_video(tmp_path: Path) -> None:
    by_prompt, by_video = picture(tmp_path / "a bay.png"), picture(tmp_path / "clip7.jpg")
    videos = {Path("x/a bay-0.mp4"): "a bay", Path("x/clip7-3.mp4"): "what/ever", Path("x/none-0.mp4"): "none"}
    assert list(pictures_by_video(videos, tmp_path).values()) == [by_prompt, by_video, None]
    assert picture_folder(tmp_path) == Pictures(tmp_path)
