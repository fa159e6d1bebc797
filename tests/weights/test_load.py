from __future__ import annotations

import itertools
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from vbench.errors import CheckpointError, CheckpointMismatch, MissingCheckpoint, UnsafeCheckpoint, UsageError
from vbench.files.digest import digest
from vbench.parity.checkpoints import save
from vbench.weights import cards, load, safetensors_files

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


def spoil(path: Path, length: int) -> None:
    """Zeros in the middle of a file, where it holds tensors."""
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + length] = bytes(length)
    path.write_bytes(whole)


@pytest.mark.parametrize(("name", "torchscript"), [("dino_vitb16", False), ("clip_vit_b_32", True)])
def test_zeros_inside_a_file_are_found_without_a_digest(cache: Path, name: str, torchscript: bool) -> None:
    spoil(put(cache, name, {"weight": torch.rand(1000, 1000)}, torchscript=torchscript), 1 << 20)
    with pytest.raises(CheckpointError, match=r"is damaged: its record .*data/\d+ is not what was written"):
        load.state_dict(name)


def test_safetensors_and_several_of_them_are_read_as_one(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "one.safetensors")
    whole = load.read_tensors(tmp_path / "one.safetensors")
    folder = tmp_path / "several"
    folder.mkdir()
    names = {key: f"part-{number}.safetensors" for number, key in enumerate(STATE)}
    for key, name in names.items():
        save_file({key: STATE[key]}, folder / name)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": names}))
    for path in (folder, index):
        parts = load.read_tensors(path)
        assert all(torch.equal(parts[key], whole[key]) for key in STATE)
    (folder / "part-1.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"lacks 1 of 2 files.*part-1\.safetensors"):
        load.read_tensors(folder)


@pytest.mark.parametrize("change", [lambda whole: whole[:-1], lambda whole: b"12345678" + whole, lambda whole: b""])
def test_safetensors_that_are_cut_or_something_else_are_refused(
    change: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "one.safetensors"
    save_file(STATE, path)
    assert safetensors_files.header(path)["layer.weight"].shape == (2, 3)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(CheckpointError, match=r"one\.safetensors"):
        safetensors_files.header(path)


def test_training_checkpoints_are_unwrapped(tmp_path: Path) -> None:
    forwarded = {f"_forward_module.{key}": value for key, value in STATE.items()}
    for payload, entry in (
        ({"state_dict": STATE, "epoch": 3}, ""),
        ({"module": forwarded}, "state_dict"),
        ({"ema": STATE, "model": {"other": torch.zeros(1)}}, "ema"),
    ):
        assert load.unwrapped(payload, entry, tmp_path).keys() == STATE.keys()
    with pytest.raises(CheckpointError, match="found ema, model"):
        load.unwrapped({"ema": STATE, "model": STATE}, "", tmp_path)


def test_several_networks_of_one_file_are_loaded_together_or_not_at_all(cache: Path) -> None:
    first, second = Network(), Network()
    before = first.layer.weight.clone()
    parts = [
        load.Part(first, "first."),
        load.Part(second, "second.", lambda key: key.replace("layer", "linear")),
    ]
    state = {f"{prefix}{key}": value for prefix in ("first.", "second.") for key, value in STATE.items()}
    with pytest.raises(CheckpointMismatch, match=r"2 missing: second\.linear\.weight, second\.linear\.bias"):
        load.fill("dino_vitb16", state, parts)
    assert torch.equal(first.layer.weight, before)
    load.fill("dino_vitb16", {key.replace("second.layer", "second.linear"): v for key, v in state.items()}, parts)
    assert torch.equal(second.layer.weight, STATE["layer.weight"])


def test_integers_in_place_of_fractions_are_refused(cache: Path) -> None:
    state = {**STATE, "layer.bias": torch.zeros(2, dtype=torch.int8)}
    with pytest.raises(CheckpointMismatch, match=r"1 of another kind of number: layer\.bias int8"):
        load.load_strictly(Network(), state, "dino_vitb16")


def test_a_checkpoint_that_was_packed_alone_in_a_zip_is_read_and_code_in_it_is_refused(tmp_path: Path) -> None:
    """RetinaFace's is published so."""
    state, packed = {"weight": torch.arange(3.0)}, tmp_path / "packed.zip"
    for content, legacy in itertools.product((state, {"weight": print}), (True, False)):
        torch.save(content, tmp_path / "one.pth", _use_new_zipfile_serialization=not legacy)
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(tmp_path / "one.pth", "one.pth")
        if content is state:
            assert torch.equal(load.read_tensors(packed)["weight"], state["weight"])
        else:
            with pytest.raises(UnsafeCheckpoint, match="refused"):
                load.read_tensors(packed)
