"""Both CLIPs against the features that the reference's probes hold."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from tests.parity.conftest import clip
from tests.parity.figures import reference, seeded
from vbench.dimensions.backbones.clip import CLIPB32, CLIPL14, CLIPB32Half
from vbench.dimensions.consistency import likeness_to_past
from vbench.media.video import Video

pytestmark = pytest.mark.parity

FLOATS = reference("background_consistency")["clips"]
IMAGES = reference("appearance_style")["clips"]
LARGE = reference("aesthetic_quality")["clips"]


@pytest.fixture(scope="module")
def b32() -> CLIPB32:
    return seeded(CLIPB32)


@pytest.mark.parametrize("name", FLOATS)
def test_frames_scaled_as_floats(b32: CLIPB32, name: str) -> None:
    feature = b32.embed(next(Video(clip(name)).batches(1)))[0]
    assert feature[:8].tolist() == pytest.approx(FLOATS[name]["probe"]["frame0_feature_first8"], abs=1e-4)


@pytest.mark.parametrize("name", IMAGES)
def test_frames_scaled_as_images(b32: CLIPB32, name: str) -> None:
    feature = b32.embed_as_images(next(Video(clip(name)).batches(1)))[0]
    assert feature[:8].tolist() == pytest.approx(IMAGES[name]["probe"]["frame0_feature_first8"], abs=1e-4)


@pytest.mark.parametrize("name", IMAGES)
def test_texts_and_their_likeness_to_frames(b32: CLIPB32, name: str) -> None:
    text, probe = IMAGES[name]["auxiliary_info"]["appearance_style"], IMAGES[name]["probe"]
    assert b32.tokenizer(text)[0, :12].tolist() == probe["tokens_first12"]
    embedded = b32.embed_text(text)
    assert embedded[:8].tolist() == pytest.approx(probe["text_feature_first8"], abs=1e-4)
    frames = b32.embed_as_images(next(Video(clip(name)).batches(2)))
    likeness = F.cosine_similarity(frames, embedded[None]) * b32.scale / 100
    assert likeness.tolist() == pytest.approx(probe["frame_results_first8"][:2], abs=1e-5)


def test_float16_rounds_and_no_more(b32: CLIPB32) -> None:
    half = seeded(CLIPB32Half)
    frames = next(Video(clip("fast_square_rgb")).batches(8))
    single, rounded = b32.embed(frames), half.embed(frames)
    assert rounded.dtype == torch.float16
    distance = (F.normalize(rounded.float(), dim=1) - F.normalize(single, dim=1)).norm(dim=1)
    assert 1e-4 < float(distance.min()) <= float(distance.max()) < 1e-2  # a float16 has 11 bits
    assert half.scale == b32.scale
    apart = likeness_to_past(rounded) - likeness_to_past(single)
    assert 0 < float(apart.abs().max()) < 2e-3
    text = F.cosine_similarity(half.embed_text("a cat").float(), b32.embed_text("a cat"), dim=0)
    assert float(text) > 1 - 1e-4


def test_the_large_model() -> None:
    l14 = seeded(CLIPL14)
    for name in ("still_rgb", "flicker_yuv", "portrait_rgb"):
        feature = l14.embed(next(Video(clip(name)).batches(1)))[0]
        assert feature[:8].tolist() == pytest.approx(LARGE[name]["probe"]["frame0_feature_first8"], abs=1e-4)
