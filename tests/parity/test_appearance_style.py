"""Appearance style against the reference's figures."""

from __future__ import annotations

import pytest

from tests.parity.conftest import tolerance
from tests.parity.figures import AGGREGATE_TOLERANCE, Scored, reference

pytestmark = pytest.mark.parity

GOLDEN = reference("appearance_style")
CLIPS = GOLDEN["clips"]


@pytest.fixture(scope="module")
def scored() -> Scored:
    return Scored("appearance_style")


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_scores_as_the_reference(scored: Scored, name: str) -> None:
    probe = CLIPS[name]["probe"]
    assert scored[name].value == pytest.approx(CLIPS[name]["score"], abs=tolerance(name))
    assert scored[name].weight == len(scored[name].per_frame) == probe["frames"]
    assert scored[name].per_frame[:8] == pytest.approx(probe["frame_results_first8"], abs=tolerance(name))


def test_aggregate_weighs_frames(scored: Scored) -> None:
    assert scored.aggregate == pytest.approx(GOLDEN["aggregate"], abs=AGGREGATE_TOLERANCE)


@pytest.mark.parametrize("name", CLIPS)
def test_the_result_file_has_the_references_fields(scored: Scored, name: str) -> None:
    result = scored.result(name)
    assert set(result) == {"video_path", "video_results", "frame_results", "cur_sim"}
    assert result["cur_sim"] == result["frame_results"][-1]
