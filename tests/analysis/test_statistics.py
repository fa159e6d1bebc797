from __future__ import annotations

import math
from itertools import groupby
from statistics import NormalDist

import numpy as np
import pytest

from vbench.analysis import statistics
from vbench.analysis.comparison import BETTER, SAME, TOO_FEW, verdict
from vbench.analysis.interval import Interval
from vbench.analysis.prompt_table import table
from vbench.analysis.statistics import category_intervals, compare, intervals, significance_groups
from vbench.benchmarks.i2v import VBENCH_I2V
from vbench.benchmarks.score_card import TOTAL
from vbench.benchmarks.t2v import QUALITY, RULES, SEMANTIC
from vbench.runs.store import Row

GROUPS: tuple[tuple[tuple[str, ...], int], ...] = (
    (("subject_consistency", "dynamic_degree", "motion_smoothness"), 72),
    (("background_consistency", "scene"), 86),
    (("overall_consistency", "aesthetic_quality", "imaging_quality"), 93),
    (("temporal_flickering",), 75),
    (("object_class",), 79),
    (("multiple_objects",), 82),
    (("human_action",), 100),
    (("color",), 85),
    (("spatial_relationship",), 84),
    (("temporal_style",), 100),
    (("appearance_style",), 90),
)
BINARY = ("dynamic_degree", "human_action")


def run(seed: int, shift: dict[str, float] | None = None, samples: int = 5) -> list[Row]:
    """Rows of a whole suite: a level per prompt that every run shares, noise of its own per sample."""
    shared, own = np.random.default_rng(12345), np.random.default_rng(seed)
    rows = []
    for names, prompts in GROUPS:
        for number in range(prompts):
            for name in names:
                level, worse = shared.uniform(0.3, 0.8), (shift or {}).get(name, 0.0)
                for index in range(samples):
                    if name in BINARY:
                        value = float(own.random() < level - worse)
                    else:
                        value = float(level - worse + 0.1 * own.standard_normal())
                    prompt = f"{names[0]} {number}"
                    category = ("animal", "food")[number % 2]
                    rows.append(
                        Row(f"{prompt}-{index}.mp4", prompt, name, "", category=category, value=value, weight=1.0)
                    )
    return rows


def test_the_bootstrap_agrees_with_the_analytic_interval_of_a_mean() -> None:
    values = np.random.default_rng(1).normal(0.5, 0.1, 400)
    rows = [Row(f"{i}", f"{i}", "scene", "", value=float(value), weight=1.0) for i, value in enumerate(values)]
    found = intervals(rows, draws=20_000)["scene"]
    half = NormalDist().inv_cdf(0.975) * values.std(ddof=1) / math.sqrt(len(values))
    assert found.score == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * half, rel=0.05)


def test_intervals_repeat_to_the_last_digit_and_follow_the_seed() -> None:
    rows = run(0, samples=1)
    assert intervals(rows, seed=3) == intervals(list(reversed(rows)), seed=3)
    assert intervals(rows, seed=3) != intervals(rows, seed=4)


def test_samples_of_one_prompt_stay_together() -> None:
    independent = [Row(f"{i}", f"{i}", "scene", "", value=float(i % 2), weight=1.0) for i in range(100)]
    together = [Row(f"{i}", f"{i // 10}", "scene", "", value=float((i // 10) % 2), weight=1.0) for i in range(100)]
    wide, narrow = intervals(together)["scene"], intervals(independent)["scene"]
    assert wide.score == narrow.score == 0.5
    assert wide.high - wide.low > 2.5 * (narrow.high - narrow.low)


def test_weights_count() -> None:
    rows = [Row("a", "a", "scene", "", value=1.0, weight=3.0), Row("b", "b", "scene", "", value=0.0, weight=1.0),
            Row("c", "c", "scene", "", value=0.7, weight=0.0)]  # fmt: skip
    assert intervals(rows)["scene"].score == 0.75


def test_sides_and_total_are_those_of_the_score_card() -> None:
    from vbench.runs.results import score_card

    rows = run(0)
    found, card = intervals(rows), score_card(rows)
    assert set(found) == {*RULES, QUALITY, SEMANTIC, "total"}
    assert found[QUALITY].score == pytest.approx(card.part(QUALITY), abs=1e-12)
    assert found["total"].score == pytest.approx(card.total, abs=1e-12)
    assert all(interval.low < interval.score < interval.high for interval in found.values())
    assert "total" not in intervals([row for row in rows if row.dimension != "scene"])


def test_by_category() -> None:
    found = category_intervals(run(0))
    assert set(found) == {"animal", "food"}
    assert set(found["animal"]) >= set(RULES)


def test_what_is_whole_in_no_draw_has_no_interval() -> None:
    one, two = (
        [Row(f"{name}-0.mp4", name, name, "", category="food", value=value, weight=1.0) for name in RULES]
        for value in (0.25, 0.5)
    )
    found = compare(one, two)
    assert set(RULES) <= set(found)
    assert TOTAL not in found


def test_nothing_says_how_far_the_score_of_a_single_prompt_would_move() -> None:
    one, two = (
        [Row(f"{text}-{sample}.mp4", text, name, "", category=text, value=value * len(text) + 0.1 * sample, weight=1.0)
         for name, texts in {"scene": ("food",), "color": ("food", "animal")}.items()
         for text in texts for sample in (0, 1)]
        for value in (0.05, 0.1)
    )  # fmt: skip
    assert set(intervals(one)) == {"color"}
    assert category_intervals(one) == {"animal": {}, "food": {}}
    found = compare(one, two)
    assert {name: (change.low is None, change.prompts) for name, change in found.items()} == {
        "scene": (True, 1), "color": (False, 2)
    }  # fmt: skip


def test_noise_alone_is_no_difference() -> None:
    """Two runs that differ by sampling noise: in at least 95 of 100 repetitions nothing is claimed, per dimension."""
    claims = dict.fromkeys(RULES, 0)
    for repetition in range(100):
        found = compare(run(2 * repetition), run(2 * repetition + 1), seed=repetition, draws=1000)
        for name in claims:
            claims[name] += found[name].is_significant()
    assert max(claims.values()) <= 5, claims


def test_a_degradation_is_found_where_it_is_and_nowhere_else() -> None:
    worse = {"imaging_quality": 0.05, "human_action": 0.15}
    found = compare(run(0), run(1, worse))
    assert {name for name in RULES if found[name].is_significant()} == set(worse)
    assert found["imaging_quality"].change == pytest.approx(-0.05, abs=0.01)
    low, high = found["imaging_quality"].low, found["imaging_quality"].high
    assert low is not None
    assert high is not None
    assert low < -0.05 < high
    assert (found["imaging_quality"].effect or 0) < -0.6
    assert found["quality"].effect is None
    settle = found["imaging_quality"].prompts_to_settle
    assert settle is not None
    assert settle < 93


SIX = (
    "subject_consistency",
    "temporal_flickering",
    "motion_smoothness",
    "aesthetic_quality",
    "imaging_quality",
    "scene",
)


def of_six(prompts: int, seed: int, better: float = 0.0, noise: float = 0.1) -> tuple[list[Row], list[Row]]:
    """Two runs of six dimensions over the same prompts, the second better in imaging quality."""
    rng = np.random.default_rng(seed)
    return tuple(
        [
            Row(
                f"{number}.mp4",
                f"{number}",
                name,
                "",
                value=0.5 + gain * (name == "imaging_quality") + value,
                weight=1.0,
            )
            for name in SIX
            for number, value in enumerate(rng.normal(0, noise, prompts).tolist())
        ]
        for gain in (0.0, better)
    )  # type: ignore[return-value]


@pytest.mark.parametrize(("prompts", "told"), [(6, TOO_FEW), (7, TOO_FEW), (8, BETTER), (9, BETTER)])
def test_six_comparisons_take_more_prompts_than_one(prompts: int, told: str) -> None:
    """Seven prompts exchange two runs in 128 ways: no probability is below 2 / 128, and six times that is 0.09."""
    found = compare(*of_six(prompts, 0, better=0.4, noise=0.001))["imaging_quality"]
    assert verdict(found) == told
    assert found.fewest == 8
    assert found.prompts_to_settle == (8 if told == BETTER else None)


def test_prompts_that_settle_a_difference_do_so_among_all_that_is_compared() -> None:
    needed = compare(*of_six(8000, 0, better=0.045), draws=1000)["imaging_quality"].prompts_to_settle
    assert needed is not None
    found = [compare(*of_six(needed, seed, better=0.045), draws=1000)["imaging_quality"] for seed in range(100)]
    assert sum(one.is_significant() for one in found) > 70


def test_what_was_not_found_is_not_settled_by_fewer_prompts() -> None:
    """A part whose dimensions moved in opposite directions: its change varies less than exchanged runs."""
    of = {"i2v_subject": (2, 0.88, 0.99), "i2v_background": (2, 0.94, 0.99), "camera_motion": (9, 1.0, 0.0)}
    first, second = (
        [
            Row(f"{name}{number}.mp4", f"{name}{number}", name, "", value=ends[end] + 0.01 * number * end, weight=1.0)
            for name, (prompts, *ends) in of.items()
            for number in range(prompts)
        ]
        for end in (0, 1)
    )
    found = compare(first, second, benchmark=VBENCH_I2V)["i2v"]
    assert (verdict(found), found.prompts, found.prompts_to_settle) == (SAME, 13, None)


def test_only_shared_prompts_and_dimensions_are_compared() -> None:
    first = [row for row in run(0) if row.dimension in ("scene", "color")]
    second = [row for row in run(0) if row.dimension in ("scene", "imaging_quality") and not row.prompt.endswith("7")]
    found = compare(first, second)
    assert set(found) == {"scene"}
    assert found["scene"].change == 0
    assert found["scene"].p == 1
    assert found["scene"].prompts == sum(not str(number).endswith("7") for number in range(86))
    assert compare(first, []) == {}


def test_adjustment_for_many_comparisons_only_raises() -> None:
    found = compare(run(0), run(1, {"scene": 0.02}))
    assert all(difference.adjusted >= difference.p for difference in found.values())


def test_models_that_cannot_be_told_apart_share_a_group() -> None:
    totals = {name: Interval(score, score - 1, score + 1) for name, score in (("a", 80.0), ("b", 79.9), ("c", 70.0))}
    assert significance_groups(totals, {("a", "b"): False, ("a", "c"): True, ("b", "c"): True}) == [["a", "b"], ["c"]]


def test_no_verdict_on_a_pair_is_asked_for_twice_and_a_model_is_done_with_before_the_next() -> None:
    """A verdict is costly, and so is a model's table, of which a board keeps some in memory."""
    rng, asked = np.random.default_rng(0), list[tuple[str, str]]()

    class Verdicts(dict[tuple[str, str], bool]):
        def get(self, pair: tuple[str, str], default: object = None) -> bool:
            asked.append(pair)
            return self[pair]

    names = [f"model {number}" for number in range(40)]
    totals = {name: Interval(float(score), 0.0, 1.0) for name, score in zip(names, rng.random(40), strict=True)}
    verdicts = Verdicts({(one, two): bool(rng.random() < 0.8) for one in names for two in names})
    found = significance_groups(totals, verdicts)
    order = sorted(names, key=lambda name: -totals[name].score)
    expected, left = [], order
    while left:
        expected.append([name for name in left if name == left[0] or not verdicts[left[0], name]])
        left = [name for name in left if name not in expected[-1]]
    assert found == expected
    assert len(asked) == len(set(asked))
    assert [name for name, _ in groupby(second for _, second in asked)] == order[1:]


def test_table_leaves_out_what_has_no_score() -> None:
    rows = [Row("a", "a", "scene", "", value=0.5, weight=1.0), Row("b", "b", "scene", "", status="failed")]
    assert table(rows).prompts == ("a",)
    assert intervals([]) == {}


def test_no_figure_depends_on_how_many_draws_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (run(seed, samples=1) for seed in (0, 1))
    at_once = compare(first, second, draws=200)
    monkeypatch.setattr(statistics, "AT_ONCE", 1000)
    monkeypatch.setattr(statistics, "KEPT", 0)
    now = compare(first, second, draws=200)
    assert at_once.keys() == now.keys()
    for name, found in at_once.items():
        assert (now[name].p, now[name].prompts) == (found.p, found.prompts)
        assert (now[name].low, now[name].high) == pytest.approx((found.low, found.high), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("dimensions", "settle"), [(["scene"], 79), (["scene", "color"], 96)])
def test_prompts_to_settle_a_change_by_hand(dimensions: list[str], settle: int) -> None:
    def rows(changes: list[float]) -> list[Row]:
        return [
            Row(f"{number}.mp4", f"{number}", name, "", value=0.5 + change, weight=1.0)
            for number, change in enumerate(changes)
            for name in dimensions
        ]

    found = compare(rows([0.0] * 10), rows([0.2, -0.1] * 5), draws=1000)["scene"]
    assert found.change == pytest.approx(0.05)
    assert not found.is_significant()
    # the changes' variance is 10 * 0.15 ** 2 / 9 = 0.025, ten times the square of their mean; 5 % of one comparison are
    # 1.96 standard errors and of two 2.2414, a power of 80 % 0.8416: 10 * 2.8016 ** 2 = 78.5, 10 * 3.083 ** 2 = 95.05
    assert found.prompts_to_settle == settle
    assert found.effect == pytest.approx(0.05 / math.sqrt(0.025))
