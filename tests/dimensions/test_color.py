"""Color: captions of frames whose best region is the object, and the reference's ways with letters."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dimensions.scripted import Scripted, Sight
from tests.dimensions.stills import grey_stills
from vbench.dimensions.base import VideoScore
from vbench.dimensions.color import Color, object_of
from vbench.errors import NotApplicable
from vbench.prompts.suite import Prompt

BOX = (0.0, 0.0, 4.0, 4.0)
SIGHTS: dict[int, list[Sight]] = {
    10: [(BOX, "car", "a red car")],
    20: [(BOX, "car", "a blue car")],
    30: [(BOX, "car", "a car on a road")],
    40: [(BOX, "dog", "a red dog"), (BOX, "car", "a red car")],
    50: [(BOX, "car", "a car"), (BOX, "dog", "a dog covered in mud")],
    60: [(BOX, "car", "a brown car")],
}


def score(folder: Path, levels: list[int], text: str = "a red car", color: str = "red") -> VideoScore:
    prompt = Prompt(text, facts={"color": {"color": color}})
    return Color(describer=Scripted(SIGHTS)).score(grey_stills(folder, levels), prompt)


def test_hits_by_frames_that_count(tmp_path: Path) -> None:
    scored = score(tmp_path, [0, 10, 20, 30, 40, 50, 60, 0] * 2)
    assert scored.details["counts"] == [False, True, True, False, False, True, False, False] * 2
    assert list(scored.per_frame) == [0, 1, 0, 0, 0, 1, 0, 0] * 2
    assert scored.value == 4 / 6
    assert scored.weight == 1


def test_only_the_best_regions_label_is_asked(tmp_path: Path) -> None:
    assert score(tmp_path, [40]).weight == 0


def test_captions_of_other_regions_count(tmp_path: Path) -> None:
    assert score(tmp_path, [50]).value == 1.0


def test_a_video_without_a_frame_that_counts_does_not_count(tmp_path: Path) -> None:
    scored = score(tmp_path, [0, 30])
    assert (scored.value, scored.weight) == (0.0, 0)
    assert not any(scored.details["counts"])
    assert Color.aggregate([Color.of_prompt([scored])]) is None
    assert Color.aggregate([Color.of_prompt([scored, VideoScore(0.5)])]) == 0.5


def test_a_colour_beyond_the_twelve_hits_frames_that_do_not_count(tmp_path: Path) -> None:
    scored = score(tmp_path, [60, 20, 60, 20] * 4, "a brown car", "brown")
    assert list(scored.per_frame) == [1, 0, 1, 0] * 4
    assert scored.value == 1.0
    (tmp_path / "more").mkdir()
    more = score(tmp_path / "more", [60, 60, 60, 20] * 4, "a brown car", "brown")
    assert more.value == 3.0


@pytest.mark.parametrize(
    ("text", "color", "wanted"),
    [
        ("a red car", "red", "car"),
        ("an orange bird", "orange", "bird"),
        ("a red pizza box", "red", "pizzbox"),
        ("a red car and a red bus", "red", "car and  bus"),
        ("a pink", "pink", ""),
    ],
)
def test_the_object_is_what_is_left_of_the_prompt(text: str, color: str, wanted: str) -> None:
    assert object_of(text, color) == wanted


def test_without_a_colour_it_is_not_applicable(tmp_path: Path) -> None:
    with pytest.raises(NotApplicable, match="color / color"):
        score(tmp_path, [10], color="")
