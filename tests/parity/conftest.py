"""What every parity test uses: where seeded checkpoints are kept, the clips, the kit's bounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parity.checkpoint_cache import remove_unused
from vbench.parity.checkpoints import KIT

SEEDED_CACHE = Path(__file__).parents[2] / ".cache" / "parity"


@pytest.fixture(scope="module", autouse=True)
def only_what_is_used() -> Iterator[None]:
    """A file's checkpoints go after its tests, so that those of all files do not add up on the disk."""
    yield
    remove_unused()


def clip(name: str) -> Path:
    """A parity clip, with or without its suffix in the name."""
    return KIT / "clips" / f"{name.removesuffix('.mp4')}.mp4"


def tolerance(name: str) -> float:
    """The kit's bound for a clip: lossless clips are the same pixels everywhere, others may differ by a level."""
    return 2e-3 if "_yuv" in name else 1e-4
