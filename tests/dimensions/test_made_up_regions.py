"""Totals over made-up frames, as the reference's own functions give them: words within words, ties, boxes on a grid."""

from __future__ import annotations

from random import Random

import pytest

from vbench.dimensions.color import COLORS, mentions
from vbench.dimensions.multiple_objects import pair
from vbench.dimensions.object_class import shows
from vbench.dimensions.regions import SeenFrame
from vbench.dimensions.spatial_relationship import axis_of, best_pair

LABELS = ("dog", "hot dog", "cat", "dining table", "traffic light", "")
CAPTIONS = ("a grey cat", "a red and blue car", "a dog covered in mud", "a brown dog", "blackboard", "a Red wall", "")


def frame(random: Random) -> SeenFrame:
    """Up to five regions, whose boxes lie on a coarse grid once they are cut to whole pixels."""

    def below(end: int) -> int:
        return int(random.random() * end)

    boxes, labels, captions = [], [], []
    for _ in range(below(6)):
        left, top, right, bottom = below(9), below(9), 1 + below(9), 1 + below(9)
        part = random.random() * 0.9
        boxes.append((left + part, top + part, left + right + part, top + bottom + part))
        labels.append(LABELS[below(len(LABELS))])
        captions.append(CAPTIONS[below(len(CAPTIONS))])
    return SeenFrame(0, tuple(boxes), (), tuple(labels), tuple(captions))


@pytest.fixture(scope="module")
def frames() -> list[SeenFrame]:
    random = Random(7)
    return [frame(random) for _ in range(2000)]


@pytest.mark.parametrize(("wanted", "hits"), [("dog", 709), ("dining table", 649), ("table", 0)])
def test_frames_that_show_an_object(frames: list[SeenFrame], wanted: str, hits: int) -> None:
    assert sum(shows(frame, wanted) for frame in frames) == hits


@pytest.mark.parametrize(
    ("wanted", "hits"), [("dog and cat", 257), ("hot dog  and   traffic light", 233), ("dog and dog", 709)]
)
def test_frames_that_show_two_objects(frames: list[SeenFrame], wanted: str, hits: int) -> None:
    assert sum(shows(frame, *pair(wanted)) for frame in frames) == hits


@pytest.mark.parametrize(
    ("color", "hits"), [("red", 207), ("grey", 121), ("gray", 0), ("black", 115), ("brown", 124), ("Red", 117)]
)
def test_frames_that_show_the_object_in_its_colour(frames: list[SeenFrame], color: str, hits: int) -> None:
    assert sum(mentions(frame, "dog", *COLORS) for frame in frames) == 280
    assert sum(mentions(frame, "dog", color) for frame in frames) == hits


@pytest.mark.parametrize(
    ("objects", "relation", "total"),
    [
        (("dog", "cat"), "on the left of", 233.4883650793651),
        (("dog", "cat"), "on the top of", 260.85527777777776),
        (("dog", "dog"), "on the right of", 78.69388888888888),
        (("hot dog", "dining table"), "on the bottom of", 189.2573095238095),
    ],
)
def test_scores_of_pairs(frames: list[SeenFrame], objects: tuple[str, str], relation: str, total: float) -> None:
    assert sum(best_pair(frame, objects, axis_of(relation)) for frame in frames) == pytest.approx(total, abs=1e-9)
