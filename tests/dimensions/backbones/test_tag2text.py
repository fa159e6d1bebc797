"""Tag2Text on a network of a few channels: what it reads of a file, which frame it tells of, and its memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from vbench.dimensions.backbones.tag2text import Tag2Text, tag2text
from vbench.dimensions.backbones.tag2text.beam_search import Hypothesis
from vbench.dimensions.backbones.tag2text.network import Tag2TextNetwork, Writing
from vbench.errors import CheckpointMismatch
from vbench.weights.cards import CHECKPOINTS

CPU = torch.device("cpu")
SIZE = 64

Load = Callable[[dict[str, Tensor]], Tag2Text]


def small() -> Tag2TextNetwork:
    return Tag2TextNetwork(size=SIZE, first=32, depths=(1, 1, 1, 1), width=48, heads=12, depth=2)


@pytest.fixture(scope="module")
def published() -> dict[str, Tensor]:
    """A state dict under the published names, with tables beside the weights as a file may have them."""
    torch.manual_seed(0)
    state = {key: torch.randn_like(value) * 0.3 for key, value in small().state_dict().items()}
    for stage in (1, 2, 3):
        for key in [key for key in state if key.startswith(f"visual_encoder.layers.{stage}.downsample.")]:
            state[key.replace(f"layers.{stage}", f"layers.{stage - 1}")] = state.pop(key)
    return state | {
        "visual_encoder.layers.0.blocks.0.attn.relative_position_index": torch.zeros(4, 4, dtype=torch.int64),
        "visual_encoder.layers.0.blocks.0.attn_mask": torch.zeros(4, 4, 4),
        "tag_encoder.embeddings.position_ids": torch.zeros(1, 512, dtype=torch.int64),
        "text_decoder.cls.predictions.bias": torch.zeros(30524),
        "another_part.weight": torch.zeros(2),
    }


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    """Writes a state dict as the published file and loads the small network from it."""
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(tag2text, "Tag2TextNetwork", small)

    def from_file(state: dict[str, Tensor]) -> Tag2Text:
        target = tmp_path / CHECKPOINTS["tag2text_swin_14m"].path
        target.parent.mkdir(parents=True, exist_ok=True)
        torch.save({"model": state}, target)
        return Tag2Text.load(CPU)

    return from_file


def noise(count: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, 3, SIZE, SIZE), generator=generator, dtype=torch.uint8)


def test_the_reference_tells_of_every_third_frame_and_looks_at_no_other(
    load: Load, published: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    captioner, seen = load(published), []

    def numbered(frames: Tensor) -> list[Hypothesis]:
        seen.append(frames[:, 0, 0, 0].tolist())
        return [Hypothesis((number,), 0) for number in seen[-1]]

    monkeypatch.setattr(captioner, "hypotheses", numbered)
    monkeypatch.setattr(captioner, "caption", lambda hypothesis: f"frame {hypothesis.ids[0]}")
    frames = torch.arange(16, dtype=torch.uint8)[:, None, None, None].expand(16, 3, SIZE, SIZE)
    assert captioner.captions(frames) == [f"frame {index // 3}" for index in range(16)]
    assert captioner.captions(frames, reference_conditioning=False) == [f"frame {index}" for index in range(16)]
    assert seen == [list(range(6)), list(range(16))]


def test_a_caption_does_not_depend_on_the_frames_beside_it(load: Load, published: dict[str, Tensor]) -> None:
    captioner, frames = load(published), noise(3)
    together = captioner.hypotheses(frames)
    alone = [captioner.hypotheses(frame[None])[0] for frame in frames]
    assert [sentence.ids for sentence in alone] == [sentence.ids for sentence in together]
    assert [sentence.score for sentence in alone] == pytest.approx([sentence.score for sentence in together], abs=1e-5)
    assert len({round(sentence.score, 4) for sentence in together}) == 3


def test_what_was_read_before_is_kept_and_reordered(load: Load, published: dict[str, Tensor]) -> None:
    decoder = load(published).network.text_decoder
    description = torch.randn(3, 40, 48, generator=torch.Generator().manual_seed(2))
    ids = torch.tensor([[30522, 1037, 7], [30522, 1037, 8], [30522, 1037, 9]])
    step_by_step = Writing(decoder, description)
    step_by_step.next_token(ids, torch.arange(3))
    turned = torch.tensor([2, 0])
    longer = torch.cat([ids[turned], torch.tensor([[11], [12]])], 1)
    at_once = Writing(decoder, description[turned]).next_token(longer, torch.arange(2))
    assert torch.allclose(step_by_step.next_token(longer, turned), at_once, atol=1e-4)


def test_tags_become_forty_ids(load: Load, published: dict[str, Tensor]) -> None:
    captioner = load(published)
    assert captioner.tag_ids("") == [30523, 102, *[0] * 38]
    assert captioner.tag_ids("mat | cyclist") == [30523, 13523, 1064, 14199, 102, *[0] * 35]
    cut = captioner.tag_ids(" | ".join(["mat"] * 60))
    assert len(cut) == 40
    assert cut[0] == 30523
    assert cut[-1] == 102
    assert 0 not in cut


def test_tags_above_the_threshold_are_given_in_order_but_for_those_that_disturb(
    load: Load, published: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    captioner = load(published)
    probabilities = torch.full((1, 3429), 0.7)
    probabilities[0, [3, 0, 127, 3338]] = 0.71
    monkeypatch.setattr(captioner.network, "tag_probabilities", lambda image: probabilities)
    assert captioner._tags(torch.empty(0)) == ["tennis | bicycle"]


def test_a_caption_loses_as_many_characters_as_the_prompt_has(load: Load, published: dict[str, Tensor]) -> None:
    captioner = load(published)
    words = captioner.wordpiece.encode("a picture of a snowman, and a dog")
    assert captioner.caption(Hypothesis((30522, *words, 102), 0)) == "a snowman, and a dog"


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda state: state.pop("tag_encoder.encoder.layer.1.attention.self.key.bias"), r"missing: tag_encoder\.enc"),
        (
            lambda state: state.pop("visual_encoder.layers.0.downsample.norm.bias"),
            r"missing: visual_encoder\.layers\.1",
        ),
        (lambda state: state.update({"fc.b": torch.zeros(1, 7)}), r"fc\.b \(1, 7\) instead of \(1, 3429\)"),
        (lambda state: state.update({"fc.stranger": torch.zeros(1)}), r"unexpected: fc\.stranger"),
    ],
)
def test_a_file_that_does_not_fit_whole_is_refused(
    load: Load, published: dict[str, Tensor], spoil: Callable[[dict[str, Tensor]], Any], told: str
) -> None:
    state = dict(published)
    spoil(state)
    with pytest.raises(CheckpointMismatch, match=told):
        load(state)
