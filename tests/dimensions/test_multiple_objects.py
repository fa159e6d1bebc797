"""Multiple objects: a frame is a hit if both objects are among its labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dimensions.scripted import Scripted, Sight
from tests.dimensions.stills import grey_stills
from vbench.dimensions.base import VideoScore
from vbench.dimensions.multiple_objects import MultipleObjects, pair
from vbench.errors import NotApplicable
from vbench.prompts.suite import Prompt

BOX = (0.0, 0.0, 4.0, 4.0)
SIGHTS: dict[int, list[Sight]] = {
    10: [(BOX, "dog", "")],
    20: [(BOX, "cat", ""), (BOX, "car", ""), (BOX, "dog", "")],
    30: [(BOX, "dog", ""), (BOX, "dog", "")],
}


def score(folder: Path, objects: str) -> VideoScore:
    prompt = Prompt("two things", facts={"multiple_objects": {"object": objects}})
    return MultipleObjects(describer=Scripted(SIGHTS)).score(grey_stills(folder, [0, 10, 20, 30] * 4), prompt)


def test_both_must_be_there_in_any_order(tmp_path: Path) -> None:
    scored = score(tmp_path, "dog and cat")
    assert scored.value == 0.25
    assert scored.weight == 16
    assert list(scored.per_frame) == [0.0, 0.0, 1.0, 0.0] * 4
    assert scored.details["objects"] == ["dog", "cat"]
    assert scored.details["success_frame_count"] == 4


def test_the_same_word_twice_needs_one_region(tmp_path: Path) -> None:
    assert score(tmp_path, "dog and dog").value == 0.75


@pytest.mark.parametrize("objects", ["dog", "dog and cat and car", "dog, cat"])
def test_anything_but_two_objects_is_not_applicable(objects: str) -> None:
    with pytest.raises(NotApplicable, match="must name two objects"):
        pair(objects)
