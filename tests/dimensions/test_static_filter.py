from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dimensions.greyflow import GreyFlow
from tests.dimensions.stills import grey_stills
from vbench.dimensions.flow_rules import is_static, static_limits
from vbench.dimensions.static_filter import StaticFilter
from vbench.errors import TooShort


def test_a_still_video_is_compared_at_its_ends_and_at_all_pairs_but_those_that_may_move(tmp_path: Path) -> None:
    flow = GreyFlow()
    verdict = StaticFilter(flow).is_static(grey_stills(tmp_path, [9, 8, 9, 8, 9, 8], height=256, width=256))
    assert verdict.static
    assert (verdict.threshold, verdict.allowed, verdict.pairs) == (3.0, 1, 5)
    assert flow.asked == [(9, 8), (8, 9), (9, 8), (8, 9), (9, 8), (8, 9)]
    assert {*verdict.ends, *verdict.neighbours} == {1.0}


def test_nothing_is_computed_once_a_video_moves(tmp_path: Path) -> None:
    flow = GreyFlow()
    verdict = StaticFilter(flow).is_static(grey_stills(tmp_path, [0, 1, 5, 5, 9, 5], height=256, width=256))
    assert not verdict.static
    assert (verdict.ends, verdict.neighbours, verdict.frame_indices) == ((5, 5), (4, 4), (1, 3))
    assert flow.asked == [(0, 5), (5, 0), (1, 5), (5, 9)]


def test_slow_drift_is_told_by_the_ends(tmp_path: Path) -> None:
    flow = GreyFlow()
    video = grey_stills(tmp_path, [0, 2, 4, 6, 8], height=256, width=256)
    verdict = StaticFilter(flow).is_static(video)
    assert not verdict.static
    assert (verdict.ends, verdict.neighbours) == ((8,), ())
    assert len(flow.asked) == 1
    verdict = StaticFilter(flow, all_pairs=True).is_static(video)
    assert not verdict.static
    assert (verdict.ends, verdict.neighbours, verdict.frame_indices) == ((8, 8), (2, 2, 2, 2), (0, 1, 2, 3))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=9))
def test_the_verdict_is_that_of_all_pairs(levels: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        video = grey_stills(Path(folder), levels, height=256, width=256)
        whole = StaticFilter(GreyFlow(), all_pairs=True).is_static(video)
        assert (len(whole.ends), whole.looked_at) == (2, len(levels) - 1)
        settled = StaticFilter(GreyFlow()).is_static(video)
        assert settled.static is whole.static
        assert settled.static is is_static(whole.neighbours, whole.ends, static_limits((256, 256), len(levels)))
        assert settled.neighbours == tuple(whole.neighbours[place] for place in settled.frame_indices)


def test_four_frames_pass_only_without_any_motion(tmp_path: Path) -> None:
    still, drifting = tmp_path / "still", tmp_path / "drifting"
    still.mkdir()
    drifting.mkdir()
    assert StaticFilter(GreyFlow()).is_static(grey_stills(still, [5] * 4)).static
    assert not StaticFilter(GreyFlow()).is_static(grey_stills(drifting, [5, 5, 5, 6])).static


def test_one_frame_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(TooShort, match="has 1 frame, the static filter needs at least 2"):
        StaticFilter(GreyFlow()).is_static(grey_stills(tmp_path, [5]))
