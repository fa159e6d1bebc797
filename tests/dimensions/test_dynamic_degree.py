from __future__ import annotations

from pathlib import Path

import pytest

from tests.dimensions.greyflow import GreyFlow
from tests.dimensions.stills import grey_stills
from vbench.dimensions.dynamic_degree import DynamicDegree
from vbench.errors import TooShort
from vbench.media.video import Video, VideoFacts
from vbench.prompts.suite import Prompt


def at(fps: float, video: Video) -> Video:
    """The same video, as if it stated another rate."""
    video._facts = VideoFacts(video.facts.frames, fps, *video.size)
    return video


def test_neighbours_of_a_folder_are_compared_with_the_limits_of_its_size(tmp_path: Path) -> None:
    flow = GreyFlow()
    judge = DynamicDegree(flow=flow)
    judge.all_pairs = True
    score = judge.score(grey_stills(tmp_path, [0, 2, 2, 5, 9, 10], height=64, width=128), Prompt(""))
    assert flow.asked == [(0, 2), (2, 2), (2, 5), (5, 9), (9, 10)]
    assert score.value == 1.0
    assert score.per_frame == [2, 0, 3, 4, 1]
    limits = {"moving": True, "threshold": 1.5, "needed": 2}
    assert score.details == {**limits, "looked_at": 5, "pairs": 5, "frame_indices": [0, 1, 2, 3, 4]}


def test_the_pairs_that_differ_most_settle_it(tmp_path: Path) -> None:
    flow = GreyFlow()
    video = grey_stills(tmp_path, [0, 2, 2, 5, 9, 10], height=64, width=128)
    score = DynamicDegree(flow=flow).score(video, Prompt(""))
    assert flow.asked == [(2, 5), (5, 9)]
    assert (score.value, score.per_frame) == (1.0, [3, 4])
    assert score.details["frame_indices"] == [2, 3]
    assert (score.details["looked_at"], score.details["pairs"]) == (2, 5)


def test_stillness_is_zero(tmp_path: Path) -> None:
    score = DynamicDegree(flow=GreyFlow()).score(grey_stills(tmp_path, [9] * 16), Prompt(""))
    assert score.value == 0.0
    assert score.details["looked_at"] == 12  # of 15; the other three are fewer than the four that would have to move
    assert score.details["moving"] is False


def test_about_eight_frames_a_second_are_looked_at(tmp_path: Path) -> None:
    flow = GreyFlow()
    DynamicDegree(flow=flow).score(at(24, grey_stills(tmp_path, range(8))), Prompt(""))
    assert flow.asked == [(0, 3)]


def test_two_sampled_frames_always_move(tmp_path: Path) -> None:
    assert DynamicDegree(flow=GreyFlow()).score(grey_stills(tmp_path, [5, 5]), Prompt("")).value == 1.0


@pytest.mark.parametrize(("count", "fps", "enough"), [(1, 8, 2), (3, 24, 4)])
def test_one_sampled_frame_is_a_reason(tmp_path: Path, count: int, fps: float, enough: int) -> None:
    video = at(fps, grey_stills(tmp_path, [0] * count))
    with pytest.raises(TooShort, match=f"has {count} frames.* dynamic degree needs at least {enough}"):
        DynamicDegree(flow=GreyFlow()).score(video, Prompt(""))
