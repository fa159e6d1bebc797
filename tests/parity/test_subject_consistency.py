"""Subject consistency against the reference's figures."""

from __future__ import annotations

import pytest
import torch

from tests.parity.conftest import clip, tolerance
from tests.parity.figures import AGGREGATE_TOLERANCE, Scored, reference, seeded
from vbench.dimensions.backbones.dino import DINO
from vbench.media.video import Video

pytestmark = pytest.mark.parity

GOLDEN = reference("subject_consistency")
CLIPS = GOLDEN["clips"]


@pytest.fixture(scope="module")
def scored() -> Scored:
    return Scored("subject_consistency")


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_scores_as_the_reference(scored: Scored, name: str) -> None:
    assert scored[name].value == pytest.approx(CLIPS[name]["score"], abs=tolerance(name))
    assert scored[name].weight == len(scored[name].per_frame) == CLIPS[name]["probe"]["frames"] - 1
    assert scored[name].per_frame[0] == pytest.approx(CLIPS[name]["probe"]["cos_0_1"], abs=tolerance(name))


def test_aggregate_weighs_pairs_of_frames(scored: Scored) -> None:
    assert scored.aggregate == pytest.approx(GOLDEN["aggregate"], abs=AGGREGATE_TOLERANCE)


@pytest.fixture(scope="module")
def dino() -> DINO:
    return seeded(DINO)


@pytest.mark.parametrize("name", CLIPS)
def test_features_and_positions_are_the_references(dino: DINO, name: str) -> None:
    probe = CLIPS[name]["probe"]
    feature = dino.embed(next(Video(clip(name)).batches(1)))[0]
    assert feature[:8].tolist() == pytest.approx(probe["frame0_feature_first8"], abs=1e-4)
    *_, height, width = probe["input"]["shape"]
    with torch.inference_mode():
        positions = dino.network.positions(height, width)
    assert positions[0, -1, :8].tolist() == pytest.approx(probe["pos_embed_last_token_first8"], abs=1e-6)
