"""What every parity test uses: a cache of seeded checkpoints, the clips, the goldens."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parity.checkpoint_cache import KIT, write_checkpoint

SEEDED_CACHE = Path(__file__).parents[2] / ".cache" / "parity"


@pytest.fixture
def checkpoints(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Call with checkpoint names: they are then in the cache, seeded (seed 0), at full size."""

    def provide(*names: str) -> Path:
        for name in names:
            write_checkpoint(name, SEEDED_CACHE)
        monkeypatch.setenv("VBENCH_CACHE_DIR", str(SEEDED_CACHE))
        return SEEDED_CACHE

    return provide


@pytest.fixture(scope="session")
def golden() -> Callable[[str], dict[str, Any]]:
    """Read the reference's figures of a dimension; a missing file is an error, never a skip."""

    def read(name: str) -> dict[str, Any]:
        figures: dict[str, Any] = json.loads((KIT / "goldens" / f"{name}.json").read_text())
        return figures

    return read


def clip(name: str) -> Path:
    """A parity clip, with or without its suffix in the name."""
    return KIT / "clips" / f"{name.removesuffix('.mp4')}.mp4"


def tolerance(name: str) -> float:
    """The kit's bound for a clip: lossless clips are the same pixels everywhere, others may differ by a level."""
    return 2e-3 if "_yuv" in name else 1e-4
