"""Intervals of few prompts hold the truth as often as those of many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from vbench.analysis.influence import interval_of
from vbench.analysis.interval import Interval, interval, spread
from vbench.analysis.preference import Judgement, bradley_terry, win_ratios
from vbench.analysis.prompt_table import table
from vbench.analysis.statistics import compare, intervals
from vbench.benchmarks.base import DimensionSpec
from vbench.benchmarks.i2v import VBENCH_I2V
from vbench.benchmarks.long import VBENCH_LONG
from vbench.runs.store import Row

Draw = Callable[[np.random.Generator, int], np.ndarray]

NEAR_A_HALF: Draw = lambda rng, count: rng.normal(0.5, 0.1, count)  # noqa: E731
MOSTLY_YES: Draw = lambda rng, count: rng.binomial(1, 0.8, count) / 1.0  # noqa: E731


def run(name: str, scores: np.ndarray, others: str = "") -> list[Row]:
    """One prompt a score; every second pair of prompts tests another dimension too where one is named."""
    made = []
    for number, score in enumerate(scores):
        tested = [name, *([others] if others and number // 2 % 2 else [])]
        made += [Row(f"{number}.mp4", f"{number}", one, "", value=float(score), weight=1.0) for one in tested]
    return made


@pytest.mark.parametrize("prompts", [3, 6, 12, 40])
@pytest.mark.parametrize(("name", "mean", "draw"), [("scene", 0.5, NEAR_A_HALF), ("dynamic_degree", 0.8, MOSTLY_YES)])
def test_an_interval_holds_the_truth_however_few_the_prompts(name: str, mean: float, draw: Draw, prompts: int) -> None:
    rng, hits = np.random.default_rng(prompts), 0
    for repetition in range(300):
        found = intervals(run(name, draw(rng, prompts)), seed=repetition, draws=400)[name]
        hits += found.low <= mean <= found.high
    assert hits / 300 > 0.9


BOUNDED = [(name, spec) for name, spec in VBENCH_LONG.by_name.items() if spec.bounds]


@pytest.mark.parametrize(("name", "spec"), BOUNDED)
def test_an_interval_ends_where_scores_end_also_beside_the_score_card(name: str, spec: DimensionSpec) -> None:
    least, most = spec.bounds or (0.0, 0.0)
    for scores in ([0.3, 1.0], [0.0, 0.7]):
        found = intervals(run(name, np.array(scores)), benchmark=VBENCH_LONG)[name]
        assert least <= found.low <= found.score <= found.high <= most


def test_a_measure_on_a_scale_of_its_own_has_no_end() -> None:
    name = "imaging_quality_by_metric"
    found = intervals(run(name, np.array([0.3, 1.0])))[name]
    assert found.low < 0
    assert found.high > 1


def test_what_a_group_gives_together_is_no_spread() -> None:
    given, groups = np.array([3.0, 5.0, 1.0, 5.0, 8.0, 9.0, 6.0]), np.array([4, 7, 4, 7, 7, 2, 7])
    found = spread(given, groups)
    # Group 4 is 2 +- 1: 1 + 1 = 2, times n / (n - 1) = 2. Group 7 is 6 and -1 -1 2 0: 6 times 4 / 3. The last is alone.
    assert found.error**2 == pytest.approx(4 + 8)
    assert found.free == pytest.approx((4 + 8) ** 2 / (4**2 / 1 + 8**2 / 3))


def test_small_groups_of_prompts_do_not_make_it_narrow() -> None:
    rng, hits = np.random.default_rng(0), 0
    for repetition in range(300):
        found = intervals(run("scene", NEAR_A_HALF(rng, 4), "color"), seed=repetition, draws=400)["scene"]
        hits += found.low <= 0.5 <= found.high
    assert hits / 300 > 0.9


def test_a_change_over_few_prompts_is_as_uncertain_as_it_is() -> None:
    rng, hits = np.random.default_rng(0), 0
    for repetition in range(300):
        first, second = (run("scene", NEAR_A_HALF(rng, 4)) for _ in range(2))
        found = compare(first, second, seed=repetition, draws=400)["scene"]
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 0 <= found.high
    assert hits / 300 > 0.9


def test_a_part_whose_dimensions_have_few_prompts_is_as_uncertain_as_they_are() -> None:
    rules = [VBENCH_I2V.rules[name] for name in VBENCH_I2V.of_part("i2v")]
    truth = np.average([rule.normalised(0.5) for rule in rules], weights=[rule.weight for rule in rules])
    rng, hits = np.random.default_rng(0), 0
    for repetition in range(300):
        asked = {"i2v_subject": rng.normal(0.5, 0.1, 3), "i2v_background": rng.normal(0.5, 0.1, 3)}
        asked["camera_motion"] = rng.binomial(1, 0.5, 9) / 1.0
        rows = [
            replace(row, prompt=f"{name == 'camera_motion'} {row.prompt}")
            for name, scores in asked.items()
            for row in run(name, scores)
        ]
        found = intervals(rows, seed=repetition, draws=400, benchmark=VBENCH_I2V)["i2v"]
        hits += found.low <= truth <= found.high
    assert hits / 300 > 0.9


def test_a_mixture_of_few_prompts_too() -> None:
    rng, hits = np.random.default_rng(0), 0
    for _ in range(300):
        found = interval_of(table(run("scene", NEAR_A_HALF(rng, 3))), {"scene": 1.0})
        assert found is not None
        width = 0.8222  # of the scale that the score is normalised to
        hits += found.low * width <= 0.5 <= found.high * width
    assert hits / 300 > 0.9


def test_what_was_the_same_for_each_prompt_is_not_certain() -> None:
    always = intervals(run("human_action", np.ones(4)))["human_action"]
    assert (always.score, always.high) == (1, 1)
    assert always.low == pytest.approx(0.025 ** (1 / 4))
    never = intervals(run("human_action", np.zeros(40)))["human_action"]
    assert (never.score, never.low) == (0, 0)
    assert never.high == pytest.approx(1 - 0.025 ** (1 / 40))


@pytest.mark.parametrize("prompts", [2, 7, 12, 93, 946])
def test_rounding_is_no_spread(prompts: int) -> None:
    """Sums of the same tenths are not the same number to the last bit."""
    always = intervals(run("dynamic_degree", np.full(prompts, 0.6)))["dynamic_degree"]
    assert always.high - always.low == pytest.approx(1 - 0.025 ** (1 / prompts))
    assert intervals(run("imaging_quality", np.full(prompts, 0.3))) == {}
    moved = compare(run("imaging_quality", np.full(prompts, 0.3)), run("imaging_quality", np.full(prompts, 0.4)))
    assert (moved["imaging_quality"].low, moved["imaging_quality"].prompts_to_settle) == (None, None)


def test_a_measure_that_is_the_same_for_each_prompt_has_no_interval() -> None:
    """Unlike truth values and counts of frames, such values are not alike by chance: nothing was drawn."""
    assert intervals(run("imaging_quality", np.full(8, 0.25))) == {}
    found = compare(run("imaging_quality", np.full(8, 0.25)), run("imaging_quality", np.full(8, 0.5)))
    told = found["imaging_quality"]
    assert (told.change, told.low, told.high, told.prompts_to_settle) == (0.25, None, None, None)


def test_a_change_of_every_verdict_is_not_certain() -> None:
    found = compare(run("dynamic_degree", np.zeros(8)), run("dynamic_degree", np.ones(8)))["dynamic_degree"]
    assert (found.change, found.high) == (1, 1)
    assert found.low == pytest.approx(1 - 2 * (1 - 0.025 ** (1 / 8)))


def test_an_interval_stays_where_a_score_can_be() -> None:
    found = intervals(run("dynamic_degree", np.array([1.0, 1.0, 0.0])))["dynamic_degree"]
    assert (found.low, found.high) == (0, 1)
    cosine = intervals(run("temporal_style", np.array([-0.1, 0.2, 0.1])))["temporal_style"]
    assert -1 <= cosine.low < 0 < cosine.high <= 1


def test_votes_on_a_single_prompt_tell_nothing_of_others() -> None:
    said = [Judgement("scene", "a boat", "a", "b", 1.0) for _ in range(20)]
    for found in (win_ratios(said)["a"], bradley_terry(said, draws=20)["a"]):
        assert (found.low, found.high) == (0, 1)


def test_nothing_is_said_of_what_has_no_bounds_and_does_not_move() -> None:
    assert interval(2.0, np.full(100, 2.0), 4, 5) is None
    assert interval(2.0, np.array([1.0, 3.0]), 0, 1) is None
    assert interval(0.5, np.full(10, np.nan), 4, 5, (0.0, 1.0)) == Interval(0.5, 0.0, 1.0)
