"""Tiny videos for tests: folders of grey stills."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from vbench.media.video import Video


def grey_stills(folder: Path, levels: Sequence[int], height: int = 4, width: int = 6) -> Video:
    """One still per level, each of a single grey; 8 frames per second."""
    for index, level in enumerate(levels):
        Image.fromarray(np.full((height, width, 3), level, np.uint8)).save(folder / f"{index:03}.png")
    return Video(folder)
