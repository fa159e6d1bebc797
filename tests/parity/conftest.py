"""What every parity test uses: where seeded checkpoints are kept, the clips, the kit's bounds."""

from __future__ import annotations

from pathlib import Path

from vbench.parity.checkpoints import KIT

SEEDED_CACHE = Path(__file__).parents[2] / ".cache" / "parity"


def clip(name: str) -> Path:
    """A parity clip, with or without its suffix in the name."""
    return KIT / "clips" / f"{name.removesuffix('.mp4')}.mp4"


def tolerance(name: str) -> float:
    """The kit's bound for a clip: lossless clips are the same pixels everywhere, others may differ by a level."""
    return 2e-3 if "_yuv" in name else 1e-4
