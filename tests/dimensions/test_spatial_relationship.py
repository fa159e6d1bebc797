"""Spatial relationship: the best pair of boxes, by distance along an axis and by overlap."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dimensions.scripted import Scripted, Sight
from tests.dimensions.stills import grey_stills
from vbench.dimensions.base import VideoScore
from vbench.dimensions.regions import Box
from vbench.dimensions.spatial_relationship import SpatialRelationship, axis_of, iou, pair_score
from vbench.errors import NotApplicable
from vbench.prompts.suite import Prompt

LEFT, RIGHT = (0.0, 0.0, 10.0, 10.0), (20.0, 0.0, 30.0, 10.0)
OVER_LEFT = (5.0, 0.0, 15.0, 10.0)
SIGHTS: dict[int, list[Sight]] = {
    10: [(LEFT, "dog", ""), (RIGHT, "cat", "")],
    20: [(LEFT, "dog", ""), (RIGHT, "dog", "")],
    30: [(LEFT, "dog", ""), (RIGHT, "car", "")],
    40: [(LEFT, "dog", ""), (OVER_LEFT, "cat", "")],
    50: [(LEFT, "dog", ""), (OVER_LEFT, "cat", ""), (RIGHT, "cat", "")],
    60: [((5.0, 5.0, 5.9, 9.0), "dog", ""), ((5.1, 5.0, 5.8, 9.0), "cat", "")],
}


def score(folder: Path, levels: list[int], relation: str, objects: tuple[str, str] = ("dog", "cat")) -> VideoScore:
    facts = dict(zip(("object_a", "object_b"), objects, strict=True)) | {"relationship": relation}
    prompt = Prompt("a dog and a cat", facts={"spatial_relationship": {"spatial_relationship": facts}})
    return SpatialRelationship(describer=Scripted(SIGHTS)).score(grey_stills(folder, levels), prompt)


def test_frames_score_as_their_best_pair_and_videos_as_their_mean(tmp_path: Path) -> None:
    scored = score(tmp_path, [0, 10, 20, 30, 40, 50, 60, 0] * 2, "on the left of")
    assert list(scored.per_frame) == pytest.approx([0, 1, 1, 0, 0.3, 1, 0, 0] * 2)
    assert scored.value == pytest.approx(3.3 / 8)
    assert scored.weight == 16
    assert scored.details["relationship"] == "on the left of"


@pytest.mark.parametrize("objects", [("dog", "cat"), ("cat", "dog")])
@pytest.mark.parametrize(
    ("relation", "value"), [("on the right of", 1.0), ("on the left of", 1.0), ("on the top of", 0.0)]
)
def test_relations_and_objects_are_symmetric(
    tmp_path: Path, objects: tuple[str, str], relation: str, value: float
) -> None:
    assert score(tmp_path, [10], relation, objects).value == value


def test_an_overlap_of_a_tenth_costs_nothing_and_a_larger_one_costs_in_proportion() -> None:
    assert pair_score(0, (0, 0, 11, 10), (9, 0, 20, 10)) == 1.0
    assert iou((0, 0, 11, 10), (9, 0, 20, 10)) == 0.1
    assert pair_score(0, (0, 0, 12, 10), (8, 0, 20, 10)) == pytest.approx(0.5)


@pytest.mark.parametrize("axis", [0, 1])
def test_equal_distances_are_neither_beside_nor_above(axis: int) -> None:
    assert pair_score(axis, (0, 0, 2, 2), (5, 5, 7, 7)) == 0.0


@pytest.mark.parametrize("empty", [(3, 3, 3, 3), (3, 0, 3, 9)])
def test_boxes_that_are_empty_after_the_cut_overlap_by_nothing(empty: Box) -> None:
    assert iou(empty, empty) == 0.0
    assert pair_score(0, empty, (9, *empty[1:])) == 1.0


@pytest.mark.parametrize(
    ("relation", "axis"), [("on the right of", 0), ("left", 0), ("on the bottom of", 1), ("on", 0)]
)
def test_parts_of_the_phrases_are_known(relation: str, axis: int) -> None:
    assert axis_of(relation) == axis


def test_other_relations_are_not_applicable(tmp_path: Path) -> None:
    with pytest.raises(NotApplicable, match="no rule for the relation 'next to': expected one of on the right of"):
        score(tmp_path, [10], "next to")


def test_without_a_relation_it_is_not_applicable(tmp_path: Path) -> None:
    with pytest.raises(NotApplicable, match="spatial_relationship / spatial_relationship / relationship"):
        score(tmp_path, [10], "")
