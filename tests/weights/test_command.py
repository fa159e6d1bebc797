"""``vbench weights`` for the files of generators: listed, fetched, verified and found as those of backbones are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner, Result

from tests.schemas import checked
from vbench.cli import app
from vbench.errors import UsageError


def weights(*words: str) -> Result:
    return CliRunner().invoke(app, ["weights", *words])


def test_what_a_model_reads_is_listed_with_address_size_and_licence(empty_cache: Path) -> None:
    empty_cache.mkdir()
    torch.save({"ema": {}}, empty_cache / "lavie_base.pt")
    told = weights("list", "-m", "lavie+venhancer").output
    assert "lavie_base\n  there, 0.0 MiB, Apache-2.0\n" in told
    assert "https://huggingface.co/YaohuiW/LaVie/resolve/main/lavie_base.pt" in told
    assert "LaVie, the base model; revision not pinned" in told
    assert "stable_diffusion_2_1_base\n  missing, size not stated, Open RAIL++-M\n" in told
    assert "a mirror; stabilityai/stable-diffusion-2-1-base was deleted" in told
    assert "dino_vitb16" not in told
    rows = checked("weights-list", weights("list", "-m", "lavie", "--json").output)["checkpoints"]
    assert [(row["name"], row["there"], row["pinned"]) for row in rows] == [
        ("lavie_base", True, False),
        ("stable-diffusion-v1-4", False, True),
    ]


def test_a_size_that_nobody_states_is_computed_from_the_tensors_of_the_file(empty_cache: Path) -> None:
    assert "raft_things\n  missing, about 20.1 MiB in 32 bits, " in weights("list", "raft_things").output


def test_without_names_the_backbones_are_meant_and_not_terabytes(empty_cache: Path) -> None:
    told = weights("verify").output
    assert "dino_vitb16" in told
    assert "lavie" not in told


def test_a_model_without_files_is_told(empty_cache: Path) -> None:
    result = weights("list", "-m", "synthetic")
    assert isinstance(result.exception, UsageError)
    assert "no checkpoint is needed" in str(result.exception)


def test_a_folder_that_cannot_be_fetched_says_how_to_bring_it(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    result = weights("download", "stabilityai/sd-vae-ft-ema")
    assert result.exit_code == 1
    told = " ".join(result.output.split())
    assert "hf download stabilityai/sd-vae-ft-ema --revision f04b2c4b98319346dad8c65879f680b1997b204a" in told
    assert f"--local-dir {empty_cache}/sd-vae-ft-ema" in told


def test_a_folder_is_verified_by_the_names_that_the_hub_gives_its_files(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    repository = tmp_path / "hub/models--stabilityai--sd-vae-ft-ema"
    snapshot = repository / "snapshots/f04b2c4b98319346dad8c65879f680b1997b204a"
    snapshot.mkdir(parents=True)
    (repository / "blobs").mkdir()
    save_file({"weight": torch.zeros(3)}, tmp_path / "file")
    blob = repository / "blobs" / hashlib.sha256((tmp_path / "file").read_bytes()).hexdigest()
    (tmp_path / "file").rename(blob)
    (snapshot / "config.json").write_text("{}")
    (snapshot / "diffusion_pytorch_model.safetensors").symlink_to(blob)
    result = weights("verify", "stabilityai/sd-vae-ft-ema")
    assert result.exit_code == 0, result.output
    assert "reads (1 tensors); 1 files by the hub's digests" in result.output
    content = blob.read_bytes()
    blob.write_bytes(content[:-1] + b"\x01")
    result = weights("verify", "stabilityai/sd-vae-ft-ema")
    assert result.exit_code == 1
    assert "is not what the hub gave" in result.output
