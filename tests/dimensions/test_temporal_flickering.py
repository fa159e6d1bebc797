from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.dimensions.stills import grey_stills
from tests.footage import noise
from vbench.dimensions.temporal_flickering import BLOCK, TemporalFlickering, steadiness
from vbench.errors import TooShort
from vbench.prompts.suite import Prompt


def test_neighbours_are_compared(tmp_path: Path) -> None:
    score = TemporalFlickering().score(grey_stills(tmp_path, [0, 51, 51, 0]), Prompt(""))
    assert score.per_frame == pytest.approx([0.8, 1.0, 0.8])
    assert score.value == pytest.approx(2.6 / 3)
    assert score.weight == 1


def test_black_and_white_by_turns_is_the_worst(tmp_path: Path) -> None:
    assert TemporalFlickering().score(grey_stills(tmp_path, [0, 255, 0]), Prompt("")).value == 0


def test_large_frames_are_subtracted_whole() -> None:
    first, second = noise(2, 210, 320)
    assert first.size > 3 * BLOCK
    apart = np.float32(np.abs(first.astype(np.int64) - second).mean())
    assert steadiness(first, second) == (255 - float(apart)) / 255
    assert steadiness(np.zeros_like(first), np.full_like(first, 255)) == 0


def test_one_frame_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(TooShort, match="has 1 frame; temporal flickering compares neighbours and needs at least 2"):
        TemporalFlickering().score(grey_stills(tmp_path, [0]), Prompt(""))
