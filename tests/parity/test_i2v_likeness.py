"""Likeness of videos to the pictures that they start from, against the reference's figures."""

from __future__ import annotations

from functools import cache

import pytest

from tests.parity.conftest import tolerance
from tests.parity.figures import AGGREGATE_TOLERANCE, ScoredFromPictures, reference

pytestmark = pytest.mark.parity

DIMENSIONS = ("i2v_subject", "i2v_background")
CASES = [(dimension, clip) for dimension in DIMENSIONS for clip in reference(dimension)["clips"]]


@cache
def scored(dimension: str) -> ScoredFromPictures:
    return ScoredFromPictures(dimension)


@pytest.mark.parametrize(("dimension", "name"), CASES)
def test_each_clip_scores_as_the_reference(dimension: str, name: str) -> None:
    golden = reference(dimension)["clips"][name]
    found = scored(dimension)[name]
    assert found.value == pytest.approx(golden["score"], abs=tolerance(name))
    assert len(found.per_frame) == golden["probe"]["frames"]
    assert scored(dimension).result(name)["image_path"].endswith(f"{golden['prompt']}.png")


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_aggregate_is_the_plain_mean(dimension: str) -> None:
    assert scored(dimension).aggregate == pytest.approx(reference(dimension)["aggregate"], abs=AGGREGATE_TOLERANCE)
