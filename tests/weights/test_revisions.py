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


PINNED = 51
"""Cards of generators' files that name a commit; more may, and none shall follow a branch again."""


def test_most_cards_of_generators_name_a_commit_and_others_say_what_they_follow(empty_cache: Path) -> None:
    cards = (*GENERATORS, *REPOSITORIES)
    assert sum(card.is_pinned for card in cards) >= PINNED
    for card in cards:
        commit = f"pinned {card.revision[:7]}"
        digest = "pinned by its SHA-256"
        follows = f"follows {card.revision} (unpinned)"
        assert card.pinned == (commit if revisions.is_commit(card.revision) else digest if card.sha256 else follows)


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
