"""At which commit a repository is read: the card's, or the one that was pinned on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from vbench.errors import CheckpointError
from vbench.weights import revisions
from vbench.weights.cards import CHECKPOINTS, find
from vbench.weights.generator_files import GENERATORS
from vbench.weights.repositories import REPOSITORIES

FOLLOWS = "kandinskylab/Kandinsky-5.0-T2V-Lite-sft-5s-Diffusers"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_most_cards_of_generators_name_a_commit() -> None:
    follow = {card.name for card in (*GENERATORS, *REPOSITORIES) if not card.is_pinned}
    assert follow == {
        "lavie_base", "lavie_interpolation", "lavie_vsr", "seine", "videocrafter1", "videocrafter1-1024",
        "videocrafter2", "videobooth", "videobooth_mapper", "cerspense/zeroscope_v2_576w", "cerspense/zeroscope_v2_XL",
        "a-r-r-o-w/animatediff-motion-adapter-sdxl-beta", "hunyuanvideo-community/HunyuanVideo-I2V",
        "Skywork/SkyReels-V1-Hunyuan-T2V", "Skywork/SkyReels-V1-Hunyuan-I2V",
        "Skywork/SkyReels-V2-DF-14B-540P-Diffusers", "Skywork/SkyReels-V2-I2V-14B-540P-Diffusers",
        "nvidia/Cosmos-1.0-Diffusion-7B-Text2World", "nvidia/Cosmos-1.0-Diffusion-7B-Video2World",
        "kandinskylab/Kandinsky-5.0-T2V-Lite-sft-5s-Diffusers", "kandinskylab/Kandinsky-5.0-T2V-Pro-sft-5s-Diffusers",
        "kandinskylab/Kandinsky-5.0-I2V-Pro-sft-5s-Diffusers", "nvidia/AnyFlow-Wan2.1-T2V-14B-Diffusers",
        "Motif-Technologies/Motif-Video-2B", "alibaba-pai/EasyAnimateV5.1-7b-zh-diffusers",
        "SG161222/Realistic_Vision_V6.0_B1_noVAE", "openmmlab/PIA-condition-adapter",
    }, "a card that follows a branch is named here, and in docs/generate.md with vbench generators pin"  # fmt: skip


def test_a_pin_is_read_instead_of_the_branch(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = CHECKPOINTS[FOLLOWS]
    assert (card.is_pinned, card.pinned) == (False, "follows main (unpinned)")
    revisions.pin(FOLLOWS, "main", COMMIT)
    assert (card.is_pinned, card.pinned, card.read_at) == (True, "pinned 0123456", COMMIT)
    assert card.address.endswith(f"/tree/{COMMIT}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    repository = tmp_path / "hub" / f"models--{FOLLOWS.replace('/', '--')}"
    for commit in ("newer", COMMIT):
        (repository / "snapshots" / commit).mkdir(parents=True)
        (repository / "snapshots" / commit / "model_index.json").write_text("{}")
    (repository / "refs").mkdir()
    (repository / "refs/main").write_text("newer")
    assert find(FOLLOWS) == repository / "snapshots" / COMMIT
    assert CHECKPOINTS["maxin-cn/Latte-1"].pinned == "pinned 0653024", "another card stays as it is"


@pytest.mark.parametrize("content", ["{", "[]", '{"a/b@main": "main"}'])
def test_a_broken_file_of_pins_is_refused(empty_cache: Path, content: str) -> None:
    empty_cache.mkdir()
    revisions.pins_file().write_text(content)
    with pytest.raises(CheckpointError, match=r"revisions\.json"):
        _ = CHECKPOINTS[FOLLOWS].read_at


def test_what_is_no_commit_is_not_pinned(empty_cache: Path) -> None:
    with pytest.raises(CheckpointError, match="names no commit"):
        revisions.pin(FOLLOWS, "main", "")
    assert not revisions.pins_file().exists()
