"""Published figures: what was printed is what the formulas give."""

from __future__ import annotations

from collections import Counter

import pytest

from vbench.benchmarks.score_card import TOTAL
from vbench.benchmarks.t2v import QUALITY, RULES, SEMANTIC, T2V
from vbench.leaderboard.board import Board
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.views.board_row import RANKED, BoardRow
from vbench.leaderboard.views.distances import published_distances
from vbench.leaderboard.views.published_figures import published_entries

WITHIN_ROUNDING = {
    ("Open-Sora", QUALITY), ("VideoCrafter-2+VEnhancer", QUALITY), ("ModelScope", QUALITY), ("Pika 1.0", QUALITY),
    ("Pika 1.0", TOTAL), ("CogVideoX-5B", QUALITY), ("Kling", TOTAL), ("Step-Video-T2V", QUALITY),
    ("Vchitect-2.0 (VEnhancer)", QUALITY),
}  # fmt: skip
"""Printed figures that differ in the last digit: the printed dimensions are rounded too."""

ROUNDING = {
    side: 0.005 * sum(rule.weight / (rule.maximum - rule.minimum) for rule in RULES.values() if rule.part == side)
    / sum(rule.weight for rule in RULES.values() if rule.part == side)
    for side in (QUALITY, SEMANTIC)
}  # fmt: skip
ROUNDING[TOTAL] = (4 * ROUNDING[QUALITY] + ROUNDING[SEMANTIC]) / 5
"""Points that half a unit in the last digit of every dimension can move a side."""


OF_T2V = [entry for entry in published_entries() if entry.benchmark == T2V.name]

WITH_DIMENSIONS = [entry for entry in published_entries() if entry.rules.keys() == RULES.keys() and not entry.missing]


@pytest.mark.parametrize("entry", WITH_DIMENSIONS, ids=lambda entry: entry.card.name)
def test_printed_sides_are_recomputed_from_the_printed_dimensions(entry: BoardRow) -> None:
    for side, printed in entry.printed.items():
        computed = 100 * (entry.value(side) or 0)
        if (entry.card.name, side) in WITHIN_ROUNDING:
            assert round(computed, 2) != round(100 * printed, 2)
            assert abs(computed - 100 * printed) < ROUNDING[side] + 0.005
        else:
            assert round(computed, 2) == round(100 * printed, 2)


def test_which_there_are() -> None:
    names = [(entry.benchmark, entry.card.name) for entry in published_entries()]
    assert len(names) == len(set(names)) == len({entry.id for entry in published_entries()}) == 65
    assert Counter(name for name, _ in names) == {"vbench-t2v": 25, "vbench-long": 7, "vbench-i2v": 33}
    partly = {entry.card.name: set(RULES) - set(entry.missing) for entry in OF_T2V if entry.missing}
    assert {name for name, found in partly.items() if not found} == {"AnimateLCM", "AnimateDiff-V1"}
    assert all(found <= {"subject_consistency", "background_consistency"} for found in partly.values())
    assert all(set(entry.printed) == {QUALITY, SEMANTIC, TOTAL} for entry in OF_T2V if entry.missing)


def test_the_talks_board_is_there_with_the_talk_as_its_source() -> None:
    of_the_talk = [entry for entry in OF_T2V if "(talk, 2024)" in entry.source]
    assert len(of_the_talk) == 15  # fourteen of the board, and one more of the seven with all dimensions
    assert {"CogVideo", "VideoCrafter-0.9", "LaVie-Interpolation", "T2V-Turbo (VC2)"} < {
        entry.card.name for entry in of_the_talk
    }


def test_distances_are_apart_by_what_was_measured() -> None:
    found = {measure.title: measure for measure in published_distances()}
    assert set(found) == {
        "Inception Score of frames, data set not stated", "FID of frames, data set not stated",
        "FVD of videos, FaceForensics", "FVD of videos, SkyTimelapse", "FVD of videos, UCF101",
        "FVD of videos, Taichi-HD",
    }  # fmt: skip
    assert next(iter(found["Inception Score of frames, data set not stated"].rows)) == "Latte+IMG"
    assert list(found["FVD of videos, Taichi-HD"].rows.values()) == [97.09, 99.0, 128.1, 156.7, 159.6, 540.2]


def test_they_are_on_every_board_with_their_source() -> None:
    board = Board(Settings(database="sqlite://"))
    assert board.entries() == list(published_entries())
    board.close()
    for entry in published_entries():
        assert entry.kind == RANKED
        assert entry.source
        assert bool(entry.certification) == (entry.card.name == "Veo 3")  # only the board says who evaluated
        assert all(figure.low is None and figure.videos == 0 for figure in entry.scores.values())


def test_settings_of_sampling() -> None:
    veo = next(entry.card for entry in OF_T2V if entry.card.name == "Veo 3")
    assert (veo.resolution, veo.fps, veo.frames, veo.seconds) == ("1280x720", 24, 192, 8.0)
    assert veo.evaluated_by == "VBench Team"
