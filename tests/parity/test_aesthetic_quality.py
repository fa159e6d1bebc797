"""Aesthetic quality against the reference's figures, with LAION's published head."""

from __future__ import annotations

from statistics import fmean

import pytest

from tests.parity.conftest import tolerance
from tests.parity.figures import AGGREGATE_TOLERANCE, Scored, reference

pytestmark = pytest.mark.parity

GOLDEN = reference("aesthetic_quality")
CLIPS = {name: GOLDEN["clips"][name] for name in ("portrait_rgb", "large_yuv")}
"""One without loss, and one that is scaled down; each frame takes seconds."""


@pytest.fixture(scope="module")
def scored() -> Scored:
    return Scored("aesthetic_quality", *CLIPS)


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_scores_as_the_reference(scored: Scored, name: str) -> None:
    probe = CLIPS[name]["probe"]
    assert scored[name].value == pytest.approx(CLIPS[name]["score"], abs=tolerance(name))
    ratings = [10 * frame for frame in scored[name].per_frame]
    assert len(ratings) == probe["frames"]
    assert ratings[:8] == pytest.approx(probe["frame_raw_scores_first8"], abs=10 * tolerance(name))


def test_aggregate_is_the_mean_of_the_clips(scored: Scored) -> None:
    assert scored.aggregate == pytest.approx(fmean(one["score"] for one in CLIPS.values()), abs=AGGREGATE_TOLERANCE)
    assert fmean(one["score"] for one in GOLDEN["clips"].values()) == pytest.approx(GOLDEN["aggregate"])
