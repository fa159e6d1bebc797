"""What every parity test uses: where seeded checkpoints are kept, the clips, the kit's bounds."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.parity.checkpoint_cache import remove_unused
from vbench.parity.checkpoints import KIT

SEEDED_CACHE = Path(__file__).parents[2] / ".cache" / "parity"


@pytest.fixture(scope="module", autouse=True)
def only_what_is_used(request: pytest.FixtureRequest) -> Iterator[None]:
    """A file's models and checkpoints go after its tests, so that those of all files do not add up."""
    yield
    for made in vars(request.module).values():
        if hasattr(made, "cache_clear"):
            made.cache_clear()
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)  # glibc keeps what was freed
    remove_unused()


def clip(name: str) -> Path:
    """A parity clip, with or without its suffix in the name."""
    return KIT / "clips" / f"{name.removesuffix('.mp4')}.mp4"


def tolerance(name: str) -> float:
    """The kit's bound for a clip: lossless clips are the same pixels everywhere, others may differ by a level."""
    return 2e-3 if "_yuv" in name else 1e-4
