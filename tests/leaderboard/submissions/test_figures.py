"""What a submission's rows say: figures with their videos, and a digest that knows a copy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.leaderboard.archives import card
from vbench.benchmarks.i2v import VBENCH_I2V
from vbench.benchmarks.score_card import TOTAL
from vbench.benchmarks.t2v import QUALITY, RULES, T2V
from vbench.leaderboard.submissions.figures import figures, figures_by_category, rows_digest
from vbench.runs.store import NOT_STATIC, Row

MODEL = card()


def row(prompt: str, dimension: str, value: float, sample: int = 0, category: str = "food") -> Row:
    return Row(f"{prompt}-{sample}.mp4", prompt, dimension, "", category=category, value=value, weight=1.0)


def test_a_figure_says_of_how_many_videos_it_is_with_an_interval_and_without() -> None:
    one = [row("a", "scene", 0.4, 0), row("a", "scene", 0.6, 1)]
    found = figures(one, T2V)["scene"]
    assert (found.value, found.low, found.videos) == (0.5, None, 2)  # a single prompt has no interval
    found = figures([*one, row("b", "scene", 0.7)], T2V)["scene"]
    assert found.low is not None
    assert found.videos == 3


def test_parts_and_the_total_are_of_no_number_of_videos() -> None:
    found = figures([row(prompt, name, 0.5) for name in RULES for prompt in "ab"], T2V)
    assert (found[QUALITY].videos, found[TOTAL].videos) == (0, 0)


def test_categories_are_scored_by_the_rules_of_the_benchmark_and_count_what_has_a_score() -> None:
    rows = [row("a", "i2v_subject", 0.4), row("b", "i2v_subject", 0.8), row("c", "i2v_subject", 0.1, category="animal")]
    moving = replace(row("d", "i2v_subject", 0.0), status=NOT_STATIC, value=None, weight=None)
    found = figures_by_category([*rows, moving], VBENCH_I2V)
    food, animal = found["food"]["i2v_subject"], found["animal"]["i2v_subject"]
    assert food.value == pytest.approx(0.6)
    assert food.videos == 2
    assert food.low is not None
    assert (animal.value, animal.low, animal.videos) == (0.1, None, 1)
    hits = [row(prompt, "camera_motion", 1.0) for prompt in "ab"]  # alike, and in 0..1 by this benchmark alone
    assert figures_by_category(hits, VBENCH_I2V)["food"]["camera_motion"].low is not None


def test_a_copy_has_the_digest_of_the_first_under_other_names_of_files_and_model() -> None:
    rows = [row("a", "scene", 0.4), row("b", "dynamic_degree", 1.0)]
    other = replace(MODEL, name="Another name")
    copy = [replace(one, video=f"renamed {one.video}") for one in reversed(rows)]
    assert rows_digest(copy, other, T2V) == rows_digest(rows, MODEL, T2V)
    for changes in ({"value": 0.5}, {"weight": 2.0}, {"prompt": "c"}, {"status": NOT_STATIC}):
        assert rows_digest([replace(rows[0], **changes), rows[1]], MODEL, T2V) != rows_digest(rows, MODEL, T2V)


def test_truth_values_alone_may_be_alike_by_chance() -> None:
    rows = [row("a", "human_action", 1.0), row("b", "dynamic_degree", 0.0)]
    assert rows_digest(rows, replace(MODEL, name="Another name"), T2V) != rows_digest(rows, MODEL, T2V)
