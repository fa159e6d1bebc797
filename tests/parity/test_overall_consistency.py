"""Overall consistency against the reference's figures."""

from __future__ import annotations

import pytest

from tests.parity.conftest import tolerance
from tests.parity.figures import AGGREGATE_TOLERANCE, reference
from tests.parity.video_text import embedder, score
from vbench.dimensions.overall_consistency import OverallConsistency

pytestmark = pytest.mark.parity

GOLDEN = reference("overall_consistency")
CLIPS = GOLDEN["clips"]


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_scores_as_the_reference(name: str) -> None:
    assert score(OverallConsistency, name).value == pytest.approx(CLIPS[name]["score"], abs=tolerance(name))


@pytest.mark.parametrize("name", CLIPS)
def test_prompts_are_read_as_by_the_reference(name: str) -> None:
    prompt, probe = CLIPS[name]["prompt"], CLIPS[name]["probe"]
    vector = embedder().embed_text(prompt)
    assert embedder().token_ids(prompt) == probe["token_ids"]
    assert (vector / vector.norm())[:8].tolist() == pytest.approx(probe["text_feature_first8"], abs=1e-5)


def test_aggregate_is_the_mean_of_the_clips() -> None:
    aggregate = OverallConsistency.aggregate(
        [OverallConsistency.of_prompt([score(OverallConsistency, name) for name in CLIPS])]
    )
    assert aggregate == pytest.approx(GOLDEN["aggregate"], abs=AGGREGATE_TOLERANCE)
