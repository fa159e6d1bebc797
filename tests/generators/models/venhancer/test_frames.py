"""How VEnhancer's key frames lie among those that it creates."""

from __future__ import annotations

import pytest

from vbench.generators.models.venhancer.frames import between, key_frames, taken
from vbench.generators.models.venhancer.weights_files import MOST


@pytest.mark.parametrize("created", range(5))
@pytest.mark.parametrize("frames", [1, 2, 16, 17, 24, 25, 48, 200])
def test_results_are_never_too_long(frames: int, created: int) -> None:
    keys = taken(frames, created)
    mask = key_frames(keys, created)
    assert len(mask) <= MOST
    assert mask.sum() == keys
    assert mask[0]
    assert mask[-1]


def test_a_higher_rate_has_frames_between() -> None:
    assert between(10, 24) == 1
    assert key_frames(3, 2).tolist() == [True, False, False, True, False, False, True]
