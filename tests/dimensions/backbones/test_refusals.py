"""A published file that does not fit its network whole is refused, and the message says which key."""

from __future__ import annotations

from importlib import import_module

import pytest
import torch
from torch import Tensor

from tests.parity.checkpoint_cache import manifest
from vbench.dimensions.backbones.base import Backbone
from vbench.errors import CheckpointMismatch

KEYS = {
    "amt:AMT": "update3.gru.0.weight",
    "raft:RAFT": "module.cnet.layer2.0.norm3.running_mean",
    "dino:DINO": "blocks.11.attn.qkv.bias",
    "clip:CLIPB32": "visual.transformer.resblocks.0.attn.in_proj_weight",
    "clip:CLIPL14": "token_embedding.weight",
}


def without_values(name: str) -> dict[str, Tensor]:
    """The keys and shapes of a published checkpoint, and of its lone numbers the values too."""
    described = manifest(name)
    return {
        key: torch.tensor(described["rules"][key]["const"])
        if entry["shape"] == [] and key in described["rules"]
        else torch.empty(entry["shape"], device="meta")
        for key, entry in described["keys"].items()
    }


def load_from(monkeypatch: pytest.MonkeyPatch, place: str, state: dict[str, Tensor]) -> None:
    module_name, class_name = place.split(":")
    module = import_module(f"vbench.dimensions.backbones.{module_name}")
    monkeypatch.setattr(module, "state_dict", lambda name: dict(state))
    kind: type[Backbone] = getattr(module, class_name)
    kind.load(torch.device("cpu"))


def published(place: str) -> dict[str, Tensor]:
    module_name, class_name = place.split(":")
    kind = getattr(import_module(f"vbench.dimensions.backbones.{module_name}"), class_name)
    return without_values(kind.checkpoints[0])


@pytest.mark.parametrize(("place", "key"), KEYS.items())
def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch, place: str, key: str) -> None:
    state = published(place)
    del state[key]
    with pytest.raises(CheckpointMismatch, match=f"1 missing: {key}\\."):
        load_from(monkeypatch, place, state)


@pytest.mark.parametrize("place", KEYS)
def test_a_strange_key_is_named(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    state = published(place) | {"head.extra": torch.empty(1, device="meta")}
    with pytest.raises(CheckpointMismatch, match=r"1 unexpected: head\.extra\."):
        load_from(monkeypatch, place, state)


@pytest.mark.parametrize(("place", "key"), KEYS.items())
def test_another_shape_is_named(monkeypatch: pytest.MonkeyPatch, place: str, key: str) -> None:
    state = published(place)
    state[key] = torch.empty(3, 5, device="meta")
    with pytest.raises(CheckpointMismatch, match=rf"1 of another shape: {key} \(3, 5\) instead of \(\d+"):
        load_from(monkeypatch, place, state)
