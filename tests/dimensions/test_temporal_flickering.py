from __future__ import annotations

from pathlib import Path

import pytest

from tests.dimensions.stills import grey_stills
from vbench.dimensions.temporal_flickering import TemporalFlickering
from vbench.errors import TooShort
from vbench.prompts.suite import Prompt


def test_neighbours_are_compared(tmp_path: Path) -> None:
    score = TemporalFlickering().score(grey_stills(tmp_path, [0, 51, 51, 0]), Prompt(""))
    assert score.per_frame == pytest.approx([0.8, 1.0, 0.8])
    assert score.value == pytest.approx(2.6 / 3)
    assert score.weight == 1


def test_black_and_white_by_turns_is_the_worst(tmp_path: Path) -> None:
    assert TemporalFlickering().score(grey_stills(tmp_path, [0, 255, 0]), Prompt("")).value == 0


def test_one_frame_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(TooShort, match="has 1 frame; temporal flickering compares neighbours and needs at least 2"):
        TemporalFlickering().score(grey_stills(tmp_path, [0]), Prompt(""))
