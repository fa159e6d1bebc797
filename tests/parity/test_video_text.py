"""Temporal style and overall consistency against the reference's figures: each clip is embedded once for both."""

from __future__ import annotations

from functools import cache

import pytest

from tests.parity.conftest import clip, tolerance
from tests.parity.figures import AGGREGATE_TOLERANCE, reference, seeded
from vbench.dimensions.backbones.viclip import ViCLIP, preprocess
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.overall_consistency import OverallConsistency
from vbench.dimensions.temporal_style import TemporalStyle
from vbench.media.video import Video, middle_indices
from vbench.prompts.suite import Prompt

pytestmark = pytest.mark.parity

DIMENSIONS: tuple[type[Dimension], ...] = (TemporalStyle, OverallConsistency)

CASES = [(dimension, name) for dimension in DIMENSIONS for name in reference(dimension.name)["clips"]]

SEEN = reference(TemporalStyle.name)["clips"]


@cache
def embedder() -> ViCLIP:
    return seeded(ViCLIP)


@cache
def video(name: str) -> Video:
    """A clip that keeps its embedding, as it does while a run visits it."""
    return Video(clip(name))


@cache
def score(dimension: type[Dimension], name: str) -> VideoScore:
    prompt = Prompt(reference(dimension.name)["clips"][name]["prompt"])
    return dimension(video_text_embedder=embedder()).score(video(name), prompt)


@pytest.mark.parametrize(("dimension", "name"), CASES)
def test_each_clip_scores_as_the_reference(dimension: type[Dimension], name: str) -> None:
    expected = reference(dimension.name)["clips"][name]["score"]
    assert score(dimension, name).value == pytest.approx(expected, abs=tolerance(name))


@pytest.mark.parametrize(("dimension", "name"), CASES)
def test_prompts_are_read_as_by_the_reference(dimension: type[Dimension], name: str) -> None:
    figures = reference(dimension.name)["clips"][name]
    prompt, probe = figures["prompt"], figures["probe"]
    vector = embedder().embed_text(prompt)
    assert embedder().token_ids(prompt) == probe["token_ids"]
    assert (vector / vector.norm())[:8].tolist() == pytest.approx(probe["text_feature_first8"], abs=1e-5)


@pytest.mark.parametrize("name", SEEN)
def test_the_model_sees_what_it_sees_in_the_reference(name: str) -> None:
    probe = SEEN[name]["probe"]
    indices = middle_indices(video(name).frame_count, ViCLIP.frames_seen)
    pixels = preprocess(video(name).frames(indices))
    assert indices == probe["frame_indices"]
    assert float(pixels.mean()) == pytest.approx(probe["model_input"]["mean"], abs=tolerance(name))
    assert float(pixels.std()) == pytest.approx(probe["model_input"]["std"], abs=tolerance(name))
    if name.endswith("_rgb.mp4"):
        assert pixels[0, 0, 0, :8].tolist() == pytest.approx(probe["model_input"]["head"], abs=1e-6)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_aggregate_is_the_mean_of_the_clips(dimension: type[Dimension]) -> None:
    golden = reference(dimension.name)
    aggregate = dimension.aggregate([dimension.of_prompt([score(dimension, name) for name in golden["clips"]])])
    assert aggregate == pytest.approx(golden["aggregate"], abs=AGGREGATE_TOLERANCE)
