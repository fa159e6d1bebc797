"""Published figures: what was printed is what the formulas give."""

from __future__ import annotations

import pytest

from vbench.benchmarks.score_card import TOTAL
from vbench.benchmarks.t2v import QUALITY, RULES, SEMANTIC
from vbench.leaderboard.board import Board
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.views.board_row import RANKED, BoardRow
from vbench.leaderboard.views.published_figures import published_entries
from vbench.prompts.official import NAME as OFFICIAL

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


WITH_DIMENSIONS = [entry for entry in published_entries() if not entry.missing]


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
    names = [entry.card.name for entry in published_entries()]
    assert len(names) == len(set(names)) == 28
    assert sum(entry.suite == OFFICIAL for entry in published_entries()) == 21
    only_sides = [entry for entry in published_entries() if entry.missing]
    assert [entry.card.name for entry in only_sides] == ["VideoCrafter-1.0", "AnimateLCM", "AnimateDiff-V1", "Latte-1"]
    for entry in only_sides:
        assert set(entry.scores) == set(entry.printed) == {QUALITY, SEMANTIC, TOTAL}
        assert len(entry.missing) == len(RULES)


def test_they_are_on_every_board_with_their_source() -> None:
    board = Board(Settings(database="sqlite://"))
    assert board.entries() == list(published_entries())
    board.close()
    for entry in published_entries():
        assert (entry.kind == RANKED) == (entry.suite == OFFICIAL)
        assert entry.source
        assert bool(entry.certification) == (entry.card.name == "Veo 3")  # only the board says who evaluated
        assert all(figure.low is None and figure.videos == 0 for figure in entry.scores.values())


def test_settings_of_sampling() -> None:
    veo = published_entries()[-1].card
    assert (veo.resolution, veo.fps, veo.frames, veo.seconds) == ("1280x720", 24, 192, 8.0)
    assert veo.evaluated_by == "VBench Team"
