"""Temporal style against the reference's figures."""

from __future__ import annotations

import pytest

from tests.parity.conftest import tolerance
from tests.parity.figures import AGGREGATE_TOLERANCE, reference
from tests.parity.video_text import embedder, score, video
from vbench.dimensions.backbones.viclip import ViCLIP, preprocess
from vbench.dimensions.temporal_style import TemporalStyle
from vbench.media.video import middle_indices

pytestmark = pytest.mark.parity

GOLDEN = reference("temporal_style")
CLIPS = GOLDEN["clips"]


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_scores_as_the_reference(name: str) -> None:
    assert score(TemporalStyle, name).value == pytest.approx(CLIPS[name]["score"], abs=tolerance(name))


@pytest.mark.parametrize("name", CLIPS)
def test_prompts_are_read_as_by_the_reference(name: str) -> None:
    prompt, probe = CLIPS[name]["prompt"], CLIPS[name]["probe"]
    vector = embedder().embed_text(prompt)
    assert embedder().token_ids(prompt) == probe["token_ids"]
    assert (vector / vector.norm())[:8].tolist() == pytest.approx(probe["text_feature_first8"], abs=1e-5)


@pytest.mark.parametrize("name", CLIPS)
def test_the_model_sees_what_it_sees_in_the_reference(name: str) -> None:
    probe = CLIPS[name]["probe"]
    indices = middle_indices(video(name).frame_count, ViCLIP.frames_seen)
    pixels = preprocess(video(name).frames(indices))
    assert indices == probe["frame_indices"]
    assert float(pixels.mean()) == pytest.approx(probe["model_input"]["mean"], abs=tolerance(name))
    assert float(pixels.std()) == pytest.approx(probe["model_input"]["std"], abs=tolerance(name))
    if name.endswith("_rgb.mp4"):
        assert pixels[0, 0, 0, :8].tolist() == pytest.approx(probe["model_input"]["head"], abs=1e-6)


def test_aggregate_is_the_mean_of_the_clips() -> None:
    aggregate = TemporalStyle.aggregate([TemporalStyle.of_prompt([score(TemporalStyle, name) for name in CLIPS])])
    assert aggregate == pytest.approx(GOLDEN["aggregate"], abs=AGGREGATE_TOLERANCE)
