from __future__ import annotations

import copy
import sys

import open_clip
import pytest
import torch
from torch import Tensor

from vbench.dimensions.backbones.clip import CLIP, CLIPB32, summary_transformer, without_constants
from vbench.errors import CheckpointMismatch, MissingExtra

CPU = torch.device("cpu")


class TinyCLIP(CLIP):
    name = "tiny_clip"


@pytest.fixture(scope="module")
def tiny() -> TinyCLIP:
    torch.manual_seed(0)
    network = open_clip.CLIP(
        16,
        vision_cfg={"layers": 2, "width": 64, "patch_size": 32, "image_size": 224},
        text_cfg={"layers": 2, "width": 32, "heads": 2, "context_length": 77, "vocab_size": 49408},
        quick_gelu=True,
    )
    return TinyCLIP(network.eval(), open_clip.SimpleTokenizer(context_length=77), CPU)


class TinyCLIPHalf(TinyCLIP):
    name = "tiny_clip_float16"
    dtype = torch.float16


def noise(*size: int) -> Tensor:
    return torch.randint(0, 256, size, dtype=torch.uint8, generator=torch.Generator().manual_seed(sum(size)))


def test_a_batch_is_its_frames_one_by_one(tiny: TinyCLIP) -> None:
    frames = noise(5, 3, 60, 97)
    assert tiny.embed(frames).equal(torch.cat([tiny.embed(frame[None]) for frame in frames]))
    assert tiny.embed_as_images(frames).equal(torch.cat([tiny.embed_as_images(frame[None]) for frame in frames]))


def test_the_image_tower_is_open_clips(tiny: TinyCLIP) -> None:
    frames = noise(3, 3, 224, 224)
    expected = tiny.embed(frames)
    tower, theirs = tiny.network.visual, tiny.network.visual.transformer
    ours = summary_transformer({"width": 64, "layers": 2})
    ours.load_state_dict(theirs.state_dict())
    tower.transformer = ours
    try:
        torch.testing.assert_close(tiny.embed(frames), expected, atol=1e-5, rtol=1e-5)
    finally:
        tower.transformer = theirs


def test_both_ways_agree_where_nothing_is_scaled_and_differ_elsewhere(tiny: TinyCLIP) -> None:
    square, large = noise(1, 3, 224, 224), noise(1, 3, 300, 300)
    assert tiny.embed(square).equal(tiny.embed_as_images(square))
    assert not torch.allclose(tiny.embed(large), tiny.embed_as_images(large), atol=1e-3)


def test_a_text_is_embedded_once(tiny: TinyCLIP, monkeypatch: pytest.MonkeyPatch) -> None:
    first = tiny.embed_text("a dog in the snow")
    assert first.shape == (16,)
    monkeypatch.setattr(tiny.network, "encode_text", None)
    assert tiny.embed_text("a dog in the snow") is first


def test_long_texts_are_cut(tiny: TinyCLIP) -> None:
    words = " ".join(["word"] * 200)
    assert tiny.embed_text(words).equal(tiny.embed_text(words + " and more"))


def test_the_scale_is_the_published_one(tiny: TinyCLIP) -> None:
    with torch.no_grad():
        tiny.network.logit_scale.fill_(4.6051702)
    assert tiny.scale == pytest.approx(100, abs=1e-4)


def test_in_float16_embeddings_are_rounded_and_the_scale_is_not(tiny: TinyCLIP) -> None:
    half = TinyCLIPHalf(copy.deepcopy(tiny.network), tiny.tokenizer, CPU)
    frames = noise(3, 3, 224, 224)
    pairs = [
        (half.embed(frames), tiny.embed(frames)),
        (half.embed_as_images(frames), tiny.embed_as_images(frames)),
        (half.embed_text("a cat"), tiny.embed_text("a cat")),
    ]
    for rounded, single in pairs:
        assert (rounded.dtype, single.dtype) == (torch.float16, torch.float32)
        assert not rounded.float().equal(single)
        torch.testing.assert_close(rounded.float(), single, atol=1e-2, rtol=1e-2)
    assert half.scale == tiny.scale


def test_the_archives_constants_are_checked_and_dropped() -> None:
    constants = {"input_resolution": 224, "context_length": 77, "vocab_size": 49408}
    archive = {key: torch.tensor(value) for key, value in constants.items()}
    weights = {"visual.proj": torch.zeros(2, 3)}
    assert without_constants(archive | weights, "clip_vit_b_32") == weights
    with pytest.raises(CheckpointMismatch, match="'input_resolution': 336"):
        without_constants(archive | weights | {"input_resolution": torch.tensor(336)}, "clip_vit_b_32")
    with pytest.raises(CheckpointMismatch, match=r"this file \{\}"):
        without_constants(weights, "clip_vit_b_32")


def test_a_missing_package_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with pytest.raises(MissingExtra, match=r'pip install "vbench-suite\[official\]"'):
        CLIPB32.load(CPU)
