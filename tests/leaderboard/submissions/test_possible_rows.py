"""Rows that no evaluation can have written, and those that are not ranked."""

from __future__ import annotations

import pytest

from vbench.benchmarks.t2v import RULES, T2V
from vbench.leaderboard.submissions.possible_rows import EVEN, lengths_of, unevenly_long, wrong_lengths, wrong_weights
from vbench.runs.store import Row


def row(dimension: str, weight: float | None, video: str = "a-0.mp4", form: str = "") -> Row:
    return Row(video, "a", dimension, "", format=form, value=0.5, weight=weight)


@pytest.mark.parametrize(
    ("dimension", "weight", "possible"),
    [
        ("subject_consistency", 1.0, True), ("subject_consistency", 0.0, False), ("subject_consistency", 1.5, False),
        ("imaging_quality", 1.0, True), ("imaging_quality", 0.0, False), ("imaging_quality", 2.0, False),
        ("color", 1.0, True), ("color", 0.0, True), ("color", 2.0, False), ("subject_consistency", None, True),
    ],
)  # fmt: skip
def test_a_weight_is_what_the_dimension_counts(dimension: str, weight: float | None, possible: bool) -> None:
    assert (not list(wrong_weights(RULES[dimension], [row(dimension, weight)], counted=False))) is possible


def test_a_video_has_one_length_in_its_format_and_its_weights() -> None:
    sixteen = "512x320, 8 fps, 16 frames"
    pairs = row("subject_consistency", 15.0, form=sixteen)  # 16 frames have 15 pairs
    frames = row("appearance_style", 16.0)
    assert lengths_of([pairs, frames], T2V) == {"a-0.mp4": {16}}
    assert not list(wrong_lengths([pairs, frames], 17, T2V))  # a decoder may find one less
    assert "has 16 frames, the card says 18" in next(wrong_lengths([pairs, frames], 18, T2V))
    other = row("imaging_quality", 1.0, form="512x320, 8 fps, 17 frames")
    assert "are of 16 and 17 frames" in next(wrong_lengths([pairs, frames, other], None, T2V))


def test_a_result_whose_long_videos_outweigh_its_short_ones_is_not_ranked() -> None:
    def told(most: float, dimension: str = "appearance_style") -> list[str]:
        return list(unevenly_long([row(dimension, 10.0), row(dimension, most, "a-1.mp4")], T2V))

    assert told(10.0 * EVEN) == []
    assert "appearance_style: its videos weigh 10 to" in told(10.0 * EVEN + 1)[0]
    assert told(1000.0, "imaging_quality") == []  # where each video counts one
