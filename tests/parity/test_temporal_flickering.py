"""Temporal flickering against the reference's figures."""

from __future__ import annotations

import pytest

from tests.parity.conftest import tolerance
from tests.parity.figures import AGGREGATE_TOLERANCE, Scored, reference

pytestmark = pytest.mark.parity

GOLDEN = reference("temporal_flickering")
CLIPS = GOLDEN["clips"]


@pytest.fixture(scope="module")
def scored() -> Scored:
    return Scored("temporal_flickering")


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_scores_as_the_reference(scored: Scored, name: str) -> None:
    probe = CLIPS[name]["probe"]
    assert scored[name].value == pytest.approx(CLIPS[name]["score"], abs=tolerance(name))
    assert len(scored[name].per_frame) == probe["frames"] - 1
    differences = [255 * (1 - steadiness) for steadiness in scored[name].per_frame[:8]]
    assert differences == pytest.approx(probe["pair_mae_first8"], abs=255 * tolerance(name))


def test_aggregate_is_the_mean_of_the_clips(scored: Scored) -> None:
    assert scored.aggregate == pytest.approx(GOLDEN["aggregate"], abs=AGGREGATE_TOLERANCE)


@pytest.mark.parametrize("name", CLIPS)
def test_the_result_file_has_the_references_shape(scored: Scored, name: str) -> None:
    result = scored.result(name)
    assert set(result) == {"video_path", "video_results"}
    assert result["video_results"] == scored[name].value
