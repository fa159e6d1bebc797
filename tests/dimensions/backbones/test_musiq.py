"""MUSIQ on a network of a few channels: patches, places, and what a checkpoint must hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from vbench.dimensions.backbones import musiq
from vbench.dimensions.backbones.musiq import MUSIQ, QualityNetwork, grid_places, patches, scales
from vbench.errors import CheckpointMismatch
from vbench.weights.cards import CHECKPOINTS

CPU = torch.device("cpu")

Load = Callable[[dict[str, Tensor]], MUSIQ]


def small() -> QualityNetwork:
    return QualityNetwork(width=12, hidden=24, depth=2, heads=2)


@pytest.fixture
def state() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return {key: torch.randn_like(value) for key, value in small().state_dict().items()}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    """Writes a state dict as the published file and loads the small network from it."""
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(musiq, "QualityNetwork", small)

    def from_file(state: dict[str, Tensor]) -> MUSIQ:
        target = tmp_path / CHECKPOINTS["musiq_spaq"].path
        target.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, target)
        return MUSIQ.load(CPU)

    return from_file


def noise(*shape: int) -> Tensor:
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def test_names_may_begin_with_module(load: Load, state: dict[str, Tensor]) -> None:
    frames = noise(2, 3, 40, 70)
    wrapped = {f"module.{key}": value for key, value in state.items()}
    assert torch.equal(load(wrapped).quality(frames), load(state).quality(frames))


def test_a_frame_does_not_depend_on_those_beside_it(load: Load, state: dict[str, Tensor]) -> None:
    model, frames = load(state), noise(3, 3, 40, 70)
    together = model.quality(frames)
    assert together.shape == (3,)
    assert torch.equal(torch.cat([model.quality(frame[None]) for frame in frames]), together)
    assert len(set(together.tolist())) == 3


def test_filters_are_standardised_once(load: Load, state: dict[str, Tensor]) -> None:
    filters = load(state).network.conv_root.weight
    deviation, mean = torch.std_mean(filters, (1, 2, 3))
    torch.testing.assert_close(mean, torch.zeros(64), atol=1e-5, rtol=0)
    torch.testing.assert_close(deviation, torch.ones(64), atol=1e-3, rtol=0)


def test_frames_that_go_through_the_network_together_give_the_same(load: Load, state: dict[str, Tensor]) -> None:
    model, frames = load(state), noise(3, 3, 40, 70)
    assert torch.allclose(model._quality(frames), model.quality(frames), atol=1e-4)


def test_bytes_and_floats_of_the_same_levels_give_the_same(load: Load, state: dict[str, Tensor]) -> None:
    model, frames = load(state), noise(1, 3, 40, 70)
    assert torch.equal(model.quality(frames.float()), model.quality(frames))


@pytest.mark.parametrize(
    ("size", "count"),
    [((20, 20), 49 + 144 + 1), ((192, 320), 35 + 96 + 60), ((320, 192), 35 + 96 + 60), ((33, 64), 28 + 84 + 4)],
)
def test_every_scale_is_cut_into_patches(size: tuple[int, int], count: int) -> None:
    pictures = scales(torch.zeros(1, 3, *size))
    assert sum(patches(picture).shape[1] for picture in pictures) == count
    assert sum(len(grid_places(*picture.shape[-2:])) for picture in pictures) == count


def test_patches_are_in_the_order_of_rows_and_channels_stay_apart() -> None:
    picture = torch.stack([torch.arange(64.0).repeat(64, 1), torch.arange(64.0).repeat(64, 1).T, torch.zeros(64, 64)])
    cut = patches(picture[None])[0]
    assert [patch[0, 0, 0].item() for patch in cut] == [0, 32, 0, 32]
    assert [patch[1, 0, 0].item() for patch in cut] == [0, 0, 32, 32]
    assert cut[:, 2].eq(0).all()


def test_more_patches_than_grid_cells_share_places() -> None:
    places = grid_places(32, 32 * 25)
    assert places.tolist() == sorted(places.tolist())
    assert set(places.tolist()) == set(range(10))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda state: state.pop("transformer_encoder.cls"), r"missing: transformer_encoder\.cls"),
        (
            lambda state: state.update({"head.weight": torch.ones(10, 12)}),
            r"head\.weight \(10, 12\) instead of",
        ),
        (lambda state: state.update({"block2.conv1.weight": torch.ones(1)}), r"unexpected: block2\.conv1\.weight"),
    ],
)
def test_a_file_that_does_not_fit_whole_is_refused(
    load: Load, state: dict[str, Tensor], spoil: Callable[[dict[str, Tensor]], Any], told: str
) -> None:
    spoil(state)
    with pytest.raises(CheckpointMismatch, match=told):
        load(state)
