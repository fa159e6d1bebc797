"""Multiple objects against the reference."""

from __future__ import annotations

import pytest

from tests.parity.figures import reference
from tests.parity.grit import CLIPS, aggregate, probe, score, texts
from vbench.dimensions.multiple_objects import MultipleObjects, pair

pytestmark = pytest.mark.parity

GOLDEN = reference("multiple_objects")


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_scores_as_the_reference(name: str) -> None:
    seen, figures = score(MultipleObjects, name), GOLDEN["clips"][name]
    assert seen.value == pytest.approx(figures["score"], abs=1e-4)
    assert seen.weight == seen.details["frame_count"] == 16
    assert seen.details["success_frame_count"] == figures["probe"]["success_frame_count"]
    first, second = pair(figures["auxiliary_info"]["multiple_objects"]["object"])
    labels = figures["probe"]["per_frame_objects"]
    assert list(seen.per_frame) == [float(first in frame and second in frame) for frame in labels]


@pytest.mark.parametrize("name", CLIPS)
def test_labels_are_the_references(name: str) -> None:
    assert texts(score(MultipleObjects, name), "labels") == probe(MultipleObjects, name)["per_frame_objects"]


def test_aggregate_is_all_hits_by_all_frames() -> None:
    assert aggregate(MultipleObjects) == pytest.approx(GOLDEN["aggregate"], abs=1e-4)
