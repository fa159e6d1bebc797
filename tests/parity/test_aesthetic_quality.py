"""Aesthetic quality against the reference's figures, with LAION's published head."""

from __future__ import annotations

import pytest

from tests.parity.conftest import tolerance
from tests.parity.figures import AGGREGATE_TOLERANCE, Scored, reference

pytestmark = pytest.mark.parity

GOLDEN = reference("aesthetic_quality")
CLIPS = GOLDEN["clips"]


@pytest.fixture(scope="module")
def scored() -> Scored:
    return Scored("aesthetic_quality")


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_scores_as_the_reference(scored: Scored, name: str) -> None:
    probe = CLIPS[name]["probe"]
    assert scored[name].value == pytest.approx(CLIPS[name]["score"], abs=tolerance(name))
    ratings = [10 * frame for frame in scored[name].per_frame]
    assert len(ratings) == probe["frames"]
    assert ratings[:8] == pytest.approx(probe["frame_raw_scores_first8"], abs=10 * tolerance(name))


def test_aggregate_is_the_mean_of_the_clips(scored: Scored) -> None:
    assert scored.aggregate == pytest.approx(GOLDEN["aggregate"], abs=AGGREGATE_TOLERANCE)
