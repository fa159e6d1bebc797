"""Spatial relationship against the reference: scores of videos and frames, and whole boxes of all clips."""

from __future__ import annotations

import pytest

from tests.parity.figures import reference
from tests.parity.grit import CLIPS, aggregate, describer, probe, score, texts, video
from vbench.dimensions.regions import labelled
from vbench.dimensions.spatial_relationship import SpatialRelationship

pytestmark = pytest.mark.parity

GOLDEN = reference("spatial_relationship")


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_scores_as_the_reference(name: str) -> None:
    seen, figures = score(SpatialRelationship, name), GOLDEN["clips"][name]
    assert seen.value == pytest.approx(figures["score"], abs=1e-4)
    assert list(seen.per_frame) == pytest.approx(figures["probe"]["per_frame_score"], abs=1e-4)
    assert seen.weight == 16


@pytest.mark.parametrize("name", CLIPS)
def test_labels_and_whole_boxes_are_the_references(name: str) -> None:
    figures = probe(SpatialRelationship, name)
    assert texts(score(SpatialRelationship, name), "labels") == figures["per_frame_objects"]
    corners = [[list(box) for box in frame.corners] for frame in labelled(video(name), describer())]
    assert corners == figures["per_frame_int_boxes"]


def test_aggregate_is_the_mean_of_all_frames() -> None:
    assert aggregate(SpatialRelationship) == pytest.approx(GOLDEN["aggregate"], abs=1e-4)
