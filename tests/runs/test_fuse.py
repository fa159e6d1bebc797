"""Clips' own scores and the comparison of their videos' clips, as rows, before a score card is made of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.long import VBENCH_LONG, VBENCH_LONG_PLAIN
from vbench.benchmarks.t2v import T2V
from vbench.runs.fuse import fused
from vbench.runs.score_video import CLIPS, GROUP
from vbench.runs.store import FAILED, NOT_STATIC, Row

CLIP = Row("a-0.mp4 0-2", "a", "subject_consistency", "", value=0.9, weight=1.0, details={GROUP: "a-0.mp4", CLIPS: 3})
COMPARED = Row("a-0.mp4", "a", "subject_clip_to_clip", "", value=1.0, weight=1.0, details={GROUP: "a-0.mp4", CLIPS: 3})


def of_clip(*beside: Row, clip: Row = CLIP, benchmark: Benchmark = VBENCH_LONG) -> Row:
    return fused([*beside, clip], benchmark)[-1]


def test_half_of_each_counts_and_both_are_told() -> None:
    found = of_clip(COMPARED)
    assert found.value == pytest.approx((0.9 + 1.0) / 2)  # a likeness of 1 stands for 1
    both = {"inclip_score": 0.9, "clip2clip_score": 1.0, "mapped_clip2clip_score": 1.0}
    assert found.details == {**CLIP.details, **both}
    assert fused([COMPARED, CLIP], VBENCH_LONG)[0] == COMPARED


@pytest.mark.parametrize("other", [
    replace(COMPARED, video="a-1.mp4"), replace(COMPARED, prompt="b"), replace(COMPARED, value=None, status=FAILED),
    replace(COMPARED, dimension="background_clip_to_clip"),
])  # fmt: skip
def test_a_clip_has_no_score_before_the_clips_of_its_own_video_are_compared(other: Row) -> None:
    found = of_clip(other)
    assert (found.status, found.value, found.weight) == (FAILED, None, None)
    assert "have no subject_clip_to_clip yet" in found.reason


def test_where_there_is_nothing_to_compare_or_it_counts_nothing_the_clip_speaks_for_itself() -> None:
    none = {"inclip_score": 0.9, "clip2clip_score": 0.0, "mapped_clip2clip_score": 0.0}
    alone = replace(CLIP, details={**CLIP.details, CLIPS: 1})
    for found in (of_clip(clip=alone), of_clip(benchmark=VBENCH_LONG_PLAIN)):
        assert found.value == 0.9
        assert none.items() <= found.details.items()


@pytest.mark.parametrize(("row", "benchmark"), [
    (replace(CLIP, status=NOT_STATIC, value=None, weight=None), VBENCH_LONG),
    (replace(CLIP, details={}), VBENCH_LONG),
    (replace(CLIP, dimension="aesthetic_quality"), VBENCH_LONG),
    (replace(CLIP, dimension="of_another_package"), VBENCH_LONG),
    (CLIP, T2V),
])  # fmt: skip
def test_what_is_not_made_of_both_stays_as_it_was_measured(row: Row, benchmark: Benchmark) -> None:
    assert of_clip(clip=row, benchmark=benchmark) == row
