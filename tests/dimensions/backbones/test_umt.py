"""UMT: preprocessing, position table, and what a checkpoint must hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from vbench.dimensions.backbones import umt
from vbench.dimensions.backbones.umt import UMT, VideoClassifier, position_table, preprocess
from vbench.errors import CheckpointError, CheckpointMismatch
from vbench.weights.cards import CHECKPOINTS

SMALL = {"frames": 16, "size": 32, "width": 32, "depth": 2, "heads": 2}
CPU = torch.device("cpu")


@pytest.fixture
def write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Any], None]:
    """Makes the network small and puts what it is given where the checkpoint is looked for."""
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(umt, "VideoClassifier", lambda: VideoClassifier(**SMALL))
    monkeypatch.setattr(umt, "position_table", lambda *_: position_table(16, 2, 32))
    monkeypatch.setattr(umt, "CROP", 32)

    def put(payload: Any) -> None:
        target = tmp_path / CHECKPOINTS["umt_l16_k400"].path
        target.parent.mkdir(parents=True, exist_ok=True)
        torch.save(payload, target)

    return put


@pytest.fixture
def state() -> dict[str, Tensor]:
    torch.manual_seed(0)
    published = VideoClassifier(**SMALL).state_dict()
    del published["pos_embed"]
    return published


def noise(*shape: int) -> Tensor:
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def test_a_position_table_in_the_file_changes_nothing(write: Callable[[Any], None], state: dict[str, Tensor]) -> None:
    write(state)
    without = UMT.load(CPU).probabilities(noise(16, 3, 40, 50))
    write(state | {"pos_embed": torch.ones(1, 64, 32)})
    assert torch.equal(UMT.load(CPU).probabilities(noise(16, 3, 40, 50)), without)


def test_probabilities_are_one_per_label_and_follow_the_order_of_frames(
    write: Callable[[Any], None], state: dict[str, Tensor]
) -> None:
    write(state)
    classifier, frames = UMT.load(CPU), noise(16, 3, 40, 50)
    forwards = classifier.probabilities(frames)
    assert forwards.shape == (len(classifier.labels),) == (400,)
    assert forwards.min() >= 0
    assert forwards.max() <= 1
    assert not torch.allclose(classifier.probabilities(frames.flip(0)), forwards)


def test_labels_are_in_lower_case_and_in_the_order_of_the_head(
    write: Callable[[Any], None], state: dict[str, Tensor]
) -> None:
    write(state)
    labels = UMT.load(CPU).labels
    assert labels[0] == "riding a bike"
    assert labels[276] == "passing american football (not in game)"
    assert len(set(labels)) == 400


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda state: state.pop("blocks.1.attn.q_bias"), r"missing: blocks\.1\.attn\.q_bias"),
        (lambda state: state.update({"fc_norm.weight": torch.ones(31)}), r"fc_norm\.weight \(31,\) instead of \(32,\)"),
        (lambda state: state.update({"blocks.0.attn.k_bias": torch.ones(32)}), r"unexpected: blocks\.0\.attn\.k_bias"),
        (lambda state: state.update({"pos_embed": torch.ones(1, 32, 32)}), r"pos_embed \(1, 32, 32\) instead of"),
    ],
)
def test_a_file_that_does_not_fit_whole_is_refused(
    write: Callable[[Any], None], state: dict[str, Tensor], spoil: Callable[[dict[str, Tensor]], Any], told: str
) -> None:
    spoil(state)
    write(state)
    with pytest.raises(CheckpointMismatch, match=told):
        UMT.load(CPU)


def test_a_wrapped_file_is_refused(write: Callable[[Any], None], state: dict[str, Tensor]) -> None:
    write({"weights": state})
    with pytest.raises(CheckpointError, match=r"not a state dict.*weights"):
        UMT.load(CPU)
    write({f"module.{key}": value for key, value in state.items()})
    with pytest.raises(CheckpointMismatch, match="missing"):
        UMT.load(CPU)


@pytest.mark.parametrize("size", [(256, 300), (300, 256), (90, 120), (120, 90), (77, 77), (512, 1000)])
def test_the_centre_of_any_size_is_seen(size: tuple[int, int]) -> None:
    assert preprocess(noise(1, 3, *size)).shape == (1, 3, 224, 224)


def test_frames_of_256_pixels_are_only_cropped() -> None:
    frame = noise(1, 3, 256, 301)
    expected = (frame[0, 0, 16, 38] / 255 - 0.485) / 0.229  # half of 77 is 38.5: even 38
    assert preprocess(frame)[0, 0, 0, 0] == pytest.approx(float(expected), abs=1e-6)


def test_positions_of_the_published_size() -> None:
    table = position_table(16, 14, 1024)
    assert table.shape == (1, 3136, 1024)
    assert table[0, 0, :4].tolist() == [0.0, 1.0, 0.0, 1.0]
