"""ViCLIP: tokens, preprocessing, and what a checkpoint must hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from vbench.dimensions.backbones import pixels, viclip
from vbench.dimensions.backbones.viclip import TextTower, TwoTowers, ViCLIP, VideoTower, preprocess
from vbench.errors import CheckpointMismatch
from vbench.weights.cards import CHECKPOINTS

CPU = torch.device("cpu")


class Small(TwoTowers):
    """The same towers, a few channels wide."""

    def __init__(self) -> None:
        with torch.device("meta"):
            super().__init__()
        self.vision_encoder = VideoTower(width=16, depth=1, heads=2, output=8)
        self.text_encoder = TextTower(width=8, depth=2, heads=2)
        self.temp = torch.nn.Parameter(torch.ones(()))


@pytest.fixture
def state() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return {key: torch.randn_like(value) for key, value in Small().state_dict().items()}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[dict[str, Tensor]], ViCLIP]:
    """Writes a state dict as the published file and loads the small network from it."""
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(viclip, "TwoTowers", Small)

    def from_file(state: dict[str, Tensor]) -> ViCLIP:
        target = tmp_path / CHECKPOINTS["viclip_l"].path
        target.parent.mkdir(parents=True, exist_ok=True)
        torch.save({"model": state}, target)
        return ViCLIP.load(CPU)

    return from_file


Load = Callable[[dict[str, Tensor]], ViCLIP]


def noise(*shape: int) -> Tensor:
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def test_a_long_text_keeps_31_tokens_and_its_end(load: Load, state: dict[str, Tensor]) -> None:
    ids = load(state).token_ids("snow " * 60)
    assert ids == [49406, *[2583] * 30, 49407]


def test_a_short_text_is_filled_with_zeros(load: Load, state: dict[str, Tensor]) -> None:
    assert load(state).token_ids("  Snow\n&amp; SNOW") == [49406, 2583, 261, 2583, 49407, *[0] * 27]


def test_a_text_is_embedded_once(load: Load, state: dict[str, Tensor]) -> None:
    embedder = load(state)
    assert embedder.embed_text("snow") is embedder.embed_text("snow")
    assert load(state).embed_text("snow") is not embedder.embed_text("snow")


def test_what_follows_the_end_of_a_text_does_not_matter(load: Load, state: dict[str, Tensor]) -> None:
    tower = load(state).network.text_encoder
    ids = torch.tensor([[49406, 2583, 49407, *[0] * 29], [49406, 2583, 49407, *[5] * 29]])
    first, second = tower(ids)
    assert torch.allclose(first, second, atol=1e-6)


def test_the_order_of_frames_matters(load: Load, state: dict[str, Tensor]) -> None:
    embedder, frames = load(state), noise(8, 3, 30, 40)
    forwards = embedder.embed_video(frames)
    assert forwards.shape == (8,)
    assert torch.equal(embedder.embed_video(frames), forwards)
    assert not torch.allclose(embedder.embed_video(frames.flip(0)), forwards)


@pytest.mark.parametrize("size", [(224, 300), (300, 224), (90, 121), (121, 90), (224, 224), (800, 1280)])
def test_the_centre_of_any_size_is_seen(size: tuple[int, int]) -> None:
    assert preprocess(noise(1, 3, *size)).shape == (1, 3, 224, 224)


def test_resized_pixels_are_whole_levels() -> None:
    mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in pixels.CLIP)
    levels = (preprocess(noise(1, 3, 90, 121)) * deviation + mean) * 255
    assert levels.min() > -0.01
    assert levels.max() < 255.01
    assert torch.allclose(levels, levels.round(), atol=1e-3)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (
            lambda state: state.pop("text_encoder.transformer.resblocks.1.attn.in_proj_bias"),
            r"missing: text_enc",
        ),
        (lambda state: state.update({"vision_encoder.proj": torch.ones(16, 9)}), r"\(16, 9\) instead of \(16, 8\)"),
        (lambda state: state.update({"vision_encoder.stranger": torch.ones(1)}), r"unexpected: vision_encoder\.s"),
    ],
)
def test_a_file_that_does_not_fit_whole_is_refused(
    load: Load, state: dict[str, Tensor], spoil: Callable[[dict[str, Tensor]], Any], told: str
) -> None:
    spoil(state)
    with pytest.raises(CheckpointMismatch, match=told):
        load(state)
