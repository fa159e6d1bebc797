"""Background consistency against the reference's figures."""

from __future__ import annotations

import pytest

from tests.parity.conftest import tolerance
from tests.parity.figures import AGGREGATE_TOLERANCE, Scored, reference

pytestmark = pytest.mark.parity

GOLDEN = reference("background_consistency")
CLIPS = GOLDEN["clips"]


@pytest.fixture(scope="module")
def scored() -> Scored:
    return Scored("background_consistency")


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_scores_as_the_reference(scored: Scored, name: str) -> None:
    assert scored[name].value == pytest.approx(CLIPS[name]["score"], abs=tolerance(name))
    assert scored[name].weight == len(scored[name].per_frame) == CLIPS[name]["probe"]["frames"] - 1


@pytest.mark.parametrize("name", CLIPS)
def test_each_frame_is_as_like_its_past_as_the_reference_says(scored: Scored, name: str) -> None:
    probe = CLIPS[name]["probe"]
    cosines = zip(probe["cos_to_previous_first8"], probe["cos_to_first_first8"], strict=True)
    expected = [(max(0, to_previous) + max(0, to_first)) / 2 for to_previous, to_first in cosines]
    assert scored[name].per_frame[:8] == pytest.approx(expected, abs=tolerance(name))


def test_aggregate_weighs_pairs_of_frames(scored: Scored) -> None:
    assert scored.aggregate == pytest.approx(GOLDEN["aggregate"], abs=AGGREGATE_TOLERANCE)
