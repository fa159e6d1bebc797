"""How VEnhancer's key frames lie among those that it creates."""

from __future__ import annotations

import pytest

from vbench.generators.models.venhancer.frames import between, chunks, key_frames, taken
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


@pytest.mark.parametrize("created", [0, 1, 2, 4])
@pytest.mark.parametrize("keys", [1, 5, 16, 17, 61, 200])
@pytest.mark.parametrize("longest", [16, 32, 48])
def test_chunks_cover_a_result_once_and_begin_with_key_frames(keys: int, created: int, longest: int) -> None:
    mask = key_frames(keys, created)
    plan = chunks(len(mask), created, longest)
    assert [frame for one in plan for frame in range(one.kept_from, one.kept_to)] == list(range(len(mask)))
    assert all(one.start <= one.kept_from < one.kept_to <= one.stop for one in plan)
    assert all(mask[one.start] and mask[one.stop - 1] for one in plan)
    assert all(one.stop - one.start <= longest * 1.25 for one in plan[:-1])
    assert plan[-1].stop - plan[-1].start <= longest * 1.25 + 1


def test_a_chunk_of_too_few_key_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="4 frames are no chunk where 4 are created"):
        chunks(101, 4, 4)
