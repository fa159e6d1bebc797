from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.parity.checkpoint_cache import save
from vbench.errors import CheckpointError, CheckpointMismatch, MissingCheckpoint, UnsafeCheckpoint, UsageError
from vbench.files.digest import digest
from vbench.weights import cards, load

STATE = {"layer.weight": torch.arange(6.0).reshape(2, 3), "layer.bias": torch.tensor([0.5, -0.5])}


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "cache"


def put(cache: Path, name: str, state: Any = STATE, entry: str = "", torchscript: bool = False) -> Path:
    path = cache / cards.checkpoint(name).path
    path.parent.mkdir(parents=True, exist_ok=True)
    save(state, path, entry, torchscript)
    return path


def test_the_cache_is_the_references(cache: Path) -> None:
    assert cards.candidates("raft_things")[0] == cache / "raft_model/models/raft-things.pth"
    assert cards.candidates("clip_vit_b_32")[1:] == []  # nothing in the other library's cache yet


def test_another_librarys_cache_is_used(cache: Path, tmp_path: Path) -> None:
    other = tmp_path / "home/.cache/clip/ViT-B-32.pt"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"")
    assert cards.locate("clip_vit_b_32") == other


def test_missing_file_names_the_place_and_the_command(cache: Path) -> None:
    with pytest.raises(MissingCheckpoint, match=r"dino_vitbase16_pretrain\.pth.*vbench weights download dino_vitb16"):
        load.state_dict("dino_vitb16")


def test_unknown_name(cache: Path) -> None:
    with pytest.raises(UsageError, match="no checkpoint named 'dyno'"):
        cards.locate("dyno")


@pytest.mark.parametrize(
    ("name", "entry"), [("dino_vitb16", ""), ("amt_s", "state_dict"), ("viclip_l", "model"), ("grit_b", "")]
)
def test_published_wrappings(cache: Path, name: str, entry: str) -> None:
    put(cache, name, entry=entry)
    state = load.state_dict(name)
    assert state.keys() == STATE.keys()
    assert all(torch.equal(state[key], STATE[key]) for key in STATE)


def test_legacy_file_format(cache: Path) -> None:
    path = put(cache, "dino_vitb16")
    torch.save(STATE, path, _use_new_zipfile_serialization=False)
    assert torch.equal(load.state_dict("dino_vitb16")["layer.bias"], STATE["layer.bias"])


def test_torchscript_archives_give_their_tensors_as_float32(cache: Path) -> None:
    put(
        cache,
        "clip_vit_b_32",
        {"visual.proj": torch.randn(4, 5).half(), "vocab_size": torch.tensor(7)},
        torchscript=True,
    )
    state = load.state_dict("clip_vit_b_32")
    assert state["visual.proj"].dtype == torch.float32
    assert state["vocab_size"].item() == 7


def test_torchscript_archive_with_code_is_refused(cache: Path) -> None:
    path = cache / "clip_model/ViT-B-32.pt"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/constants.pkl", pickle.dumps(()))
        archive.writestr("archive/data.pkl", pickle.dumps(Evil(cache / "ran")))
    with pytest.raises(UnsafeCheckpoint, match="pathlib"):
        load.state_dict("clip_vit_b_32")
    assert not (cache / "ran").exists()


class Evil:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def test_pickle_with_code_is_refused_and_not_run(cache: Path) -> None:
    path = put(cache, "dino_vitb16")
    torch.save({"layer.weight": Evil(cache / "ran")}, path)
    with pytest.raises(UnsafeCheckpoint, match="would run code"):
        load.state_dict("dino_vitb16")
    assert not (cache / "ran").exists()


def test_damaged_files(cache: Path) -> None:
    path = put(cache, "dino_vitb16")
    whole = path.read_bytes()
    for damaged in (b"", b"<html>404</html>", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=r"dino_vitbase16_pretrain\.pth"):
            load.state_dict("dino_vitb16")


def test_file_without_tensors(cache: Path) -> None:
    put(cache, "dino_vitb16", {"epoch": 3})
    with pytest.raises(CheckpointError, match=r"expected only tensors.*epoch"):
        load.state_dict("dino_vitb16")


def test_strict_loading(cache: Path) -> None:
    network = Network()
    load.load_strictly(network, STATE, "dino_vitb16")
    assert torch.equal(network.layer.weight, STATE["layer.weight"])
    assert not network.training
    assert not network.layer.weight.requires_grad


def test_every_mismatch_is_listed_and_nothing_is_loaded(cache: Path) -> None:
    network = Network()
    before = network.layer.weight.clone()
    state = {"layer.weight": torch.zeros(2, 4), "head.bias": torch.zeros(1)}
    with pytest.raises(CheckpointMismatch) as caught:
        load.load_strictly(network, state, "dino_vitb16")
    message = str(caught.value)
    assert "1 missing: layer.bias" in message
    assert "1 unexpected: head.bias" in message
    assert "layer.weight (2, 4) instead of (2, 3)" in message
    assert torch.equal(network.layer.weight, before)


def test_digest_follows_the_content(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    assert digest(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    file.write_bytes(b"abcd")
    assert digest(file).startswith("88d4266f")


def test_published_digests() -> None:
    assert cards.is_published("musiq_spaq", "358bb6af" + "0" * 56)
    assert cards.is_published("musiq_spaq", "0" * 64) is False
    assert cards.is_published("dino_vitb16", "0" * 64) is None
