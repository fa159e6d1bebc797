"""Dynamic degree against the reference's figures."""

from __future__ import annotations

from statistics import fmean

import pytest

from tests.parity.figures import Scored, reference

pytestmark = pytest.mark.parity

GOLDEN = reference("dynamic_degree")
CLIPS = {name: figures for name, figures in GOLDEN["clips"].items() if name != "large_yuv"}
"""A pair of the large one takes half a minute; the static filter looks at the same pairs of it."""


@pytest.fixture(scope="module")
def scored() -> Scored:
    return Scored("dynamic_degree", *CLIPS)


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_moves_as_the_reference_says(scored: Scored, name: str) -> None:
    probe = CLIPS[name]["probe"]
    assert scored[name].value == CLIPS[name]["score"]
    assert scored[name].details["threshold"] == probe["thres"]
    assert scored[name].details["needed"] == probe["count_num"]


@pytest.mark.parametrize("name", CLIPS)
def test_each_pair_has_the_radius_of_the_reference(scored: Scored, name: str) -> None:
    assert scored[name].per_frame == pytest.approx(CLIPS[name]["probe"]["max_rad"], abs=1e-4)


def test_aggregate_is_the_share_of_moving_clips(scored: Scored) -> None:
    assert scored.aggregate == pytest.approx(fmean(one["score"] for one in CLIPS.values()), abs=1e-12)
    assert fmean(one["score"] for one in GOLDEN["clips"].values()) == pytest.approx(GOLDEN["aggregate"])


@pytest.mark.parametrize("name", CLIPS)
def test_the_result_file_holds_truth_values(scored: Scored, name: str) -> None:
    assert scored.result(name)["video_results"] is bool(CLIPS[name]["score"])
