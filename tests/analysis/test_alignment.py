"""Whether scores agree with people: against answers known by hand, scipy, and simulated people."""

from __future__ import annotations

import math
import random
import tracemalloc
import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from tests.leaderboard.archives import rows as whole_run
from tests.leaderboard.people import levels, people, runs
from vbench.analysis.alignment import MEAN, WIN_RATIO, Alignment, align, align_scores, kendall, pearson, spearman
from vbench.analysis.preference import Judgement
from vbench.runs.results import score_card
from vbench.runs.store import NOT_APPLICABLE, Row

FOUR = ("lavie", "modelscope", "cogvideo", "videocraft")


def row(prompt: str, value: float, sample: int = 0, weight: float = 1.0) -> Row:
    return Row(f"color/{prompt}-{sample}.gif", prompt, "color", "", value=value, weight=weight)


def said(prompt: str, first: str, second: str, outcome: float, **more: tuple[str, str]) -> Judgement:
    return Judgement("color", prompt, first, second, outcome, **more)


TOY = {
    "a": [row("p", 0.9), row("q", 0.5)],
    "b": [row("p", 0.4), row("q", 0.5)],
    "c": [row("p", 0.1), row("q", 0.2)],
}
TOLD = [
    said("p", "a", "b", 1), said("p", "a", "c", 1), said("p", "c", "b", 1),
    said("q", "a", "b", 1), said("q", "c", "a", 0.5), said("q", "b", "c", 1),
]  # fmt: skip


def test_a_toy_by_hand() -> None:
    found = align(TOLD, TOY)["color"]
    assert {model: ratio.score for model, ratio in found.people.items()} == {"a": 3.5 / 4, "b": 1 / 4, "c": 1.5 / 4}
    # the scores: a beats b and c on p and c on q, ties with b on q; b beats c twice
    assert {model: ratio.score for model, ratio in found.scores.items()} == {"a": 3.5 / 4, "b": 2.5 / 4, "c": 0.0}
    assert (found.pairs, found.seen, found.left_out) == (6, 0, 0)
    assert found.spearman is not None
    assert found.spearman.score == pytest.approx(0.5)
    assert found.kendall is not None
    assert found.kendall.score == pytest.approx(1 / 3)
    # agreed: a-b, a-c on p and b-c on q; not c-b on p; tied: a-b by score, c-a among people on q
    assert found.agreement is not None
    assert found.agreement.score == (3 + 0.5 + 0.5) / 6
    assert found.caution.startswith("3 models have only 6 orders")


def test_mean_scores_by_hand() -> None:
    found = align(TOLD, TOY, MEAN)["color"]
    assert {model: score.score for model, score in found.scores.items()} == pytest.approx(
        {"a": 0.7, "b": 0.45, "c": 0.15}
    )
    weighted = {**TOY, "a": [row("p", 0.9, weight=3.0), row("q", 0.5), row("not judged", 0.1)]}
    found = align(TOLD, weighted, MEAN)["color"]
    assert found.scores["a"].score == pytest.approx((2.7 + 0.5 + 0.1) / 5)
    assert found.pairs == 6


def test_the_very_videos_that_people_saw() -> None:
    made = {"a": [row("p", 0.9), row("p", 0.1, 1)], "b": [row("p", 0.45), row("p", 0.35, 1)]}
    shown = ("p-1.mp4", "https://example.org/some%20where/p-1.mp4?raw=true")
    assert align([said("p", "a", "b", 1)], made)["color"].scores["a"].score == 1.0  # 0.5 and 0.4 on average
    seen = align([said("p", "a", "b", 1, videos=shown), said("p", "a", "b", 1, videos=("p-1.mp4", "x"))], made)["color"]
    assert (seen.scores["a"].score, seen.pairs, seen.seen) == (0.0, 2, 1)


def test_only_pairs_with_two_scores_count() -> None:
    made = {
        **TOY,
        "c": [replace(row("p", 0.1), status=NOT_APPLICABLE, value=None, weight=None), row("q", 0.2, weight=0)],
    }
    found = align([*TOLD, said("p", "a", "no run", 1), said("no prompt", "a", "b", 1)], made)["color"]
    assert (found.pairs, found.left_out) == (2, 6)
    assert list(found.people) == ["a", "b"]
    assert align([said("no prompt", "a", "b", 1)], TOY) == {}
    assert align(TOLD, {"a": TOY["a"]}) == {}
    assert align([], TOY) == {}


def test_orders_of_many_models_are_compared_some_draws_at_a_time() -> None:
    rng = np.random.default_rng(0)

    def memory(models: int) -> int:
        found = rng.random((2, 500, models))
        tracemalloc.start()
        kendall(*found)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert memory(160) < 2 * memory(40), "sixteen times as many pairs"


@pytest.mark.parametrize("values", [7, 3, 2])
def test_correlations_are_those_of_scipy(values: int) -> None:
    rng = np.random.default_rng(values)
    x, y = rng.integers(0, values, (2, 200, 5)).astype(float)
    for ours, theirs in ((pearson, stats.pearsonr), (spearman, stats.spearmanr), (kendall, stats.kendalltau)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scipy's of constant rows
            expected = [theirs(one, other).statistic for one, other in zip(x, y, strict=True)]
        np.testing.assert_allclose(ours(x, y), expected, atol=1e-12)


def test_equal_models_have_no_correlation() -> None:
    equal = np.array([[0.1, 0.1, 0.1]])  # their mean, rounded, is another number
    assert np.isnan([ours(equal, np.array([[1.0, 2.0, 3.0]])) for ours in (pearson, spearman, kendall)]).all()
    tied = [said(prompt, *pair, 0.5) for prompt in "pq" for pair in (("a", "b"), ("b", "c"), ("a", "c"))]
    found = align(tied, TOY)["color"]
    assert (found.spearman, found.pearson, found.kendall) == (None, None, None)
    assert found.agreement is not None
    assert found.agreement.score == 0.5


@pytest.mark.parametrize("by", [WIN_RATIO, MEAN])
def test_people_who_judge_by_the_score(by: str) -> None:
    made = runs(levels(FOUR))
    found = align(people(made), made, by, draws=500)["scene"]
    assert found.pairs == found.seen == 6 * 90 * 5
    for correlation in (found.spearman, found.pearson, found.kendall):
        assert correlation is not None
        assert correlation.score > 0.98
        assert correlation.low > 0.9
    assert found.agreement is not None
    assert found.agreement.score > 0.9
    assert found.caution == ""
    against = align(people(made, slope=-100), made, by, draws=500)["scene"]
    assert against.spearman is not None
    assert against.spearman.score == against.spearman.low == -1
    assert against.spearman.high == pytest.approx(1 - 2 * 0.025 ** (1 / 90))  # no draw moves it


def test_people_who_do_not_care_for_the_score() -> None:
    made = runs(levels([f"model {number}" for number in range(8)]), prompts=20)
    found = [align(people(made, slope=0, seed=seed), made, draws=200)["scene"] for seed in range(25)]
    correlations = [one.spearman.score for one in found if one.spearman]
    assert abs(np.mean(correlations)) < 3 / math.sqrt(25 * 7)  # each has a variance of 1 / (8 - 1)
    assert np.mean([one.agreement.low <= 0.5 <= one.agreement.high for one in found if one.agreement]) >= 0.84


def test_the_interval_covers_what_more_prompts_would_say() -> None:
    """Six models, and people who judge by something that agrees with the score in part."""
    measured = levels("abcdef", 0.47, 0.53)
    felt = dict(zip(measured, (0.52, 0.53, 0.47, 0.505, 0.48, 0.5), strict=True))

    def study(prompts: int, seed: int, draws: int) -> Alignment:
        seen = runs(felt, prompts=prompts, samples=1, seed=2 * seed)
        made = runs(measured, prompts=prompts, samples=1, seed=2 * seed + 1)
        return align(people(seen, 20, seed), made, draws=draws)["scene"]

    truth = study(3000, 100, draws=1)
    found = [study(60, seed, draws=200) for seed in range(60)]
    for name in ("spearman", "pearson", "kendall", "agreement"):
        expected = getattr(truth, name).score
        assert -0.7 < expected < 0.7
        held = [getattr(one, name).low - 1e-9 <= expected <= getattr(one, name).high + 1e-9 for one in found]
        assert np.mean(held) >= 0.85


def test_order_does_not_matter() -> None:
    made = runs(levels(FOUR), prompts=10)
    told = list(people(made, slope=10))
    expected = {by: align(told, made, by, draws=100) for by in (WIN_RATIO, MEAN)}
    random.Random(1).shuffle(told)
    shuffled = {model: random.Random(2).sample(rows, len(rows)) for model, rows in reversed(made.items())}
    for by, one in expected.items():
        other = align(told, shuffled, by, draws=100)
        assert other == one


def test_a_table_of_scores() -> None:
    table = {"a": {"color": 0.7, "total": 0.2}, "b": {"color": 0.5}, "c": {"color": 0.1, "total": 0.3}, "d": {}}
    whole = [replace(one, dimension="") for one in TOLD]
    found = align_scores([*whole, *TOLD, said("p", "a", "d", 1)], table)
    assert list(found) == ["color", ""]
    color = found["color"]
    assert (color.pairs, color.seen, color.left_out, color.agreement) == (6, 0, 1, None)
    assert (color.scores["a"].low, color.scores["a"].high) == (0.7, 0.7)
    assert color.spearman is not None
    assert color.spearman.score == pytest.approx(0.5)
    assert list(found[""].people) == ["a", "c"]
    assert "2 models have only 2 orders" in found[""].caution


def test_videos_judged_on_the_whole_are_held_against_total() -> None:
    made = {
        model: whole_run(seed, shift) for seed, (model, shift) in enumerate({"a": 0.0, "b": -0.2, "c": 0.1}.items())
    }
    told = [Judgement("", "any", "c", "a", 1), Judgement("", "any", "a", "b", 1), Judgement("", "other", "b", "c", 0)]
    found = align(told, made, draws=20)
    assert found == align(told, made, MEAN, draws=20)
    assert {model: score.score for model, score in found[""].scores.items()} == {
        model: score_card(rows).total for model, rows in made.items()
    }
    assert found[""].spearman is not None
    assert found[""].spearman.score == 1
    part = {model: [one for one in rows if one.dimension != "color"] for model, rows in made.items()}
    assert align(told, part, draws=20) == {}
