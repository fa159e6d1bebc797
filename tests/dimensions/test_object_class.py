"""Object class: a frame is a hit if one label equals the object."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dimensions.scripted import Scripted, Sight
from tests.dimensions.stills import grey_stills
from vbench.dimensions.base import VideoScore
from vbench.dimensions.object_class import ObjectClass
from vbench.errors import NotApplicable
from vbench.prompts.suite import Prompt

BOX = (0.0, 0.0, 4.0, 4.0)
SIGHTS: dict[int, list[Sight]] = {
    10: [(BOX, "dog", "")],
    20: [(BOX, "cat", ""), (BOX, "dog", ""), (BOX, "dog", "")],
    30: [(BOX, "hot dog", ""), (BOX, "dogs", ""), (BOX, "", "")],
}


def score(folder: Path, levels: list[int]) -> VideoScore:
    prompt = Prompt("a dog", facts={"object_class": {"object": "dog"}})
    return ObjectClass(describer=Scripted(SIGHTS)).score(grey_stills(folder, levels), prompt)


def test_hits_by_frames(tmp_path: Path) -> None:
    scored = score(tmp_path, [0, 10, 20, 30] * 4)
    assert scored.value == 0.5
    assert scored.weight == 16
    assert list(scored.per_frame) == [0.0, 1.0, 1.0, 0.0] * 4
    assert scored.details["success_frame_count"] == 8
    assert scored.details["frame_count"] == 16
    assert scored.details["objects"] == ["dog"]


def test_no_region_at_all_is_a_miss(tmp_path: Path) -> None:
    scored = score(tmp_path, [0])
    assert (scored.value, scored.weight) == (0.0, 16)


def test_repeats_of_the_last_frame_count(tmp_path: Path) -> None:
    assert score(tmp_path, [0, 10]).value == 15 / 16


def test_the_aggregate_is_all_hits_by_all_frames() -> None:
    assert ObjectClass.aggregate([ObjectClass.of_prompt([VideoScore(0.25, 16), VideoScore(0.75, 16)])]) == 0.5


def test_without_an_object_it_is_not_applicable(tmp_path: Path) -> None:
    with pytest.raises(NotApplicable, match="object_class / object"):
        ObjectClass(describer=Scripted({})).score(grey_stills(tmp_path, [0]), Prompt("a dog"))
