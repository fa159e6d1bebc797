"""Every network on a card that is pretended: what only a GPU does besides arithmetic, against the same figures.

Nothing of the CPU's may meet what is on the card, and its larger pieces, its own ways to scale and to crop, and the
profiles that are for cards alone have to give the reference's scores. See :mod:`tests.pretended_card`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.parity.checkpoint_cache import remove_unused
from tests.parity.conftest import SEEDED_CACHE, clip, tolerance
from tests.parity.figures import Scored, ScoredFromPictures, reference, seeded
from tests.parity.test_distances import VIDEOMAE, looked, two_blocks_of_videomae, window
from tests.parity.trustworthiness import evaluated
from tests.pretended_card import pretended_card
from vbench.dimensions.backbones.base import WindowEmbedder
from vbench.dimensions.backbones.cotracker import CoTracker2
from vbench.dimensions.backbones.dinov2 import DINOv2
from vbench.dimensions.backbones.i3d import I3D
from vbench.dimensions.backbones.inception_2015 import Inception2015
from vbench.dimensions.camera_motion import tracks_of
from vbench.dimensions.profiles import OFFICIAL_FAST, profile
from vbench.media.video import Video
from vbench.prompts.suite import Prompt
from vbench.runs.evaluators import Evaluators

pytestmark = pytest.mark.parity

CLIPS = {  # of the dimensions that share a network, one
    "subject_consistency": "fast_square_rgb",
    "background_consistency": "fast_square_rgb",
    "temporal_flickering": "fast_square_rgb",
    "motion_smoothness": "fast_square_rgb",
    "dynamic_degree": "fast_square_rgb",
    "aesthetic_quality": "portrait_rgb",
    "imaging_quality": "fast_square_rgb",
    "object_class": "portrait_rgb",
    "color": "portrait_rgb",
    "human_action": "fast_square_rgb.mp4",
    "scene": "fast_square_rgb.mp4",
    "appearance_style": "fast_square_rgb",
    "temporal_style": "fast_square_rgb.mp4",
}

FROM_PICTURES = {"i2v_subject": "fast_square_rgb.mp4", "i2v_background": "portrait_rgb.mp4"}


@pytest.fixture(autouse=True)
def checkpoints_of_one_dimension() -> Iterator[None]:
    """Those of all dimensions would be 8 GB."""
    yield
    remove_unused()


@pytest.mark.parametrize("dimension", CLIPS)
def test_a_clip_scores_as_the_reference(dimension: str) -> None:
    name = CLIPS[dimension]
    scored = Scored(dimension, name, device="cuda")
    expected = scored.clips[name]["score"] / (100 if dimension == "imaging_quality" else 1)
    assert scored[name].value == pytest.approx(expected, abs=tolerance(name))


@pytest.mark.parametrize("dimension", FROM_PICTURES)
def test_a_clip_from_a_picture_scores_as_the_reference(dimension: str) -> None:
    name = FROM_PICTURES[dimension]
    scored = ScoredFromPictures(dimension, name, device="cuda")
    assert scored[name].value == pytest.approx(scored.clips[name]["score"], abs=tolerance(name))


@pytest.mark.parametrize(("dimension", "matcher"), [("gender_bias", "blip2_itm_vit_g"), ("skin_bias", "clip_vit_b_32")])
def test_faces_are_told_as_by_the_reference(tmp_path: Path, dimension: str, matcher: str) -> None:
    run, golden = evaluated(tmp_path, dimension, "retinaface_resnet50", matcher, device="cuda")
    told = {row.video: row.details["label"] for row in run.rows()}
    assert told == {entry["file_name"]: entry["score"] for entry in golden["clips"].values()}


def test_videos_are_as_safe_as_the_reference_says(tmp_path: Path) -> None:
    checkpoints = ("clip_vit_b_32", "nudenet", "q16_prompts", "sd_safety_checker")
    run, golden = evaluated(tmp_path, "safety", *checkpoints, device="cuda")
    told = {row.video: row.value for row in run.rows()}
    assert told == {entry["file_name"]: entry["score"] for entry in golden["clips"].values()}


@pytest.mark.parametrize("dimension", ["subject_consistency", "motion_smoothness", "dynamic_degree"])
def test_fast_mode_differs_by_arithmetic_alone(dimension: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = CLIPS[dimension]
    expected = Scored(dimension, name)[name].value  # which leaves the checkpoints there, too
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(SEEDED_CACHE))
    with pretended_card() as card:
        fast = Evaluators(profile(OFFICIAL_FAST), card, all_pairs=True)
        assert fast.score(dimension, Video(clip(name)), Prompt("")).value == pytest.approx(expected, abs=1e-6)


def test_a_card_without_room_takes_less_at_once_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    name = CLIPS["motion_smoothness"]
    expected = Scored("motion_smoothness", name)[name].value
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(SEEDED_CACHE))
    with pretended_card(room=32 * 2**20) as card:
        crew = Evaluators(profile("official"), card)
        found = crew.score("motion_smoothness", Video(clip(name)), Prompt(""))
    assert crew.reduced("motion_smoothness") == {"amt_s": 4}
    assert found.value == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("kind", "frames"), [(Inception2015, 1), (I3D, 16)])
def test_windows_have_the_same_features(
    kind: type[WindowEmbedder], frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = window("shared/fast_square_rgb@0", frames)
    expected = looked(seeded(kind), windows)
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(SEEDED_CACHE))
    with pretended_card() as card:
        found = looked(kind.load(card), windows)
    assert found.keys() == expected.keys()
    for layer, values in expected.items():
        assert found[layer] == pytest.approx(values, abs=1e-5)


def test_blocks_of_videomae_have_the_references_features() -> None:
    place = "shared/fast_square_rgb@0"
    with pretended_card() as card:
        found = looked(two_blocks_of_videomae(card), window(place, 16))["features"][0]
    assert found[:8].tolist() == pytest.approx(VIDEOMAE["windows"][place]["feature_first8"], abs=1e-4)


def test_points_are_tracked_to_the_same_places(monkeypatch: pytest.MonkeyPatch) -> None:
    name = next(iter(reference("cotracker2_tracks")["clips"]))
    expected = tracks_of(Video(clip(name)), seeded(CoTracker2))
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(SEEDED_CACHE))
    with pretended_card() as card:
        found = tracks_of(Video(clip(name)), CoTracker2.load(card))
    assert torch.allclose(found, expected, atol=1e-3)


def test_clips_of_long_videos_have_the_same_features(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = next(Video(clip("fast_square_rgb")).batches(4))
    expected = seeded(DINOv2).embed(frames)
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(SEEDED_CACHE))
    with pretended_card() as card:
        found = DINOv2.load(card).embed(frames)
    assert torch.allclose(found, expected, atol=1e-5)
