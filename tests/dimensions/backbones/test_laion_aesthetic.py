"""LAION's head: the published file loads whole or not at all, and rates unit embeddings."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from vbench.dimensions.backbones.laion_aesthetic import LaionAesthetic
from vbench.errors import CheckpointMismatch
from vbench.files.digest import digest
from vbench.parity.checkpoints import KIT
from vbench.weights.cards import CHECKPOINTS, is_published

PUBLISHED = KIT / "weights" / "sa_0_4_vit_l_14_linear.pth"
CPU = torch.device("cpu")


def write(cache: Path, state: dict[str, torch.Tensor]) -> None:
    path = cache / CHECKPOINTS["laion_aesthetic"].path
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path)


def published() -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = torch.load(PUBLISHED, weights_only=True)
    return state


def test_the_kits_file_is_the_published_one() -> None:
    assert is_published("laion_aesthetic", digest(PUBLISHED))


def test_ratings_are_linear_in_unit_embeddings(empty_cache: Path) -> None:
    write(empty_cache, published())
    embeddings = torch.randn(3, 768, generator=torch.Generator().manual_seed(0))
    ratings = LaionAesthetic.load(CPU).ratings(embeddings)
    unit = embeddings / embeddings.norm(dim=1, keepdim=True)
    expected = unit @ published()["weight"][0] + published()["bias"][0]
    torch.testing.assert_close(ratings, expected)
    torch.testing.assert_close(LaionAesthetic.load(CPU).ratings(7 * embeddings), ratings)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bias": None}, "1 missing: bias"),
        ({"weight": torch.zeros(1, 512)}, r"weight \(1, 512\) instead of \(1, 768\)"),
        ({"scale": torch.ones(1)}, "1 unexpected: scale"),
    ],
)
def test_a_file_that_fits_in_part_is_refused(
    empty_cache: Path, change: dict[str, torch.Tensor | None], message: str
) -> None:
    changed = {**published(), **change}
    write(empty_cache, {key: value for key, value in changed.items() if value is not None})
    with pytest.raises(CheckpointMismatch, match=message):
        LaionAesthetic.load(CPU)
