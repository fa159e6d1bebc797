from __future__ import annotations

import json

import pytest

from tests.parity.checkpoint_cache import KIT
from vbench.benchmarks.score_card import DimensionResult, ScoreCard, part_score, total_score
from vbench.benchmarks.t2v import QUALITY, RULES, SEMANTIC
from vbench.benchmarks.trustworthiness import TRUSTWORTHINESS

FIGURES = json.loads((KIT / "goldens" / "aggregation.json").read_text())
COMPLETE = {name: case for name, case in FIGURES["t2v"].items() if len(case["scores"]) == 16}

ROUNDING_OF_INPUTS = 0.0085
"""Points by which Quality can miss where the printed inputs are rounded to 0.01 (spec of the protocol, section 4)."""


def card_of(scores: dict[str, float]) -> ScoreCard:
    return ScoreCard({name: DimensionResult(score, 1) for name, score in scores.items()})


def test_the_protocol_has_seven_and_nine_dimensions() -> None:
    assert sum(rule.part == QUALITY for rule in RULES.values()) == 7
    assert sum(rule.part == SEMANTIC for rule in RULES.values()) == 9
    assert sum(rule.weight for rule in RULES.values() if rule.part == QUALITY) == 6.5


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_the_references_arithmetic(name: str) -> None:
    case = COMPLETE[name]
    card = card_of(case["scores"])
    for dimension, score in case["scores"].items():
        weighted = RULES[dimension].normalised(score) * RULES[dimension].weight
        assert weighted == pytest.approx(case["normalized"][dimension.replace("_", " ")], abs=1e-12)
    assert card.part(QUALITY) == pytest.approx(case["quality"], abs=1e-12)
    assert card.part(SEMANTIC) == pytest.approx(case["semantic"], abs=1e-12)
    assert card.total == pytest.approx(case["total"], abs=1e-12)


@pytest.mark.parametrize("model", sorted(FIGURES["published"]))
def test_published_rows(model: str) -> None:
    row = FIGURES["published"][model]
    scores = {name.replace(" ", "_"): value / 100 for name, value in row["input_percent"].items()}
    card = card_of(scores)
    assert card.part(QUALITY) == pytest.approx(row["quality"], abs=1e-12)
    assert card.part(SEMANTIC) == pytest.approx(row["semantic"], abs=1e-12)
    assert card.total == pytest.approx(row["total"], abs=1e-12)
    bound = 0.005 if row["quality_matches_2dp"] else ROUNDING_OF_INPUTS
    assert 100 * row["quality"] == pytest.approx(row["published_quality"], abs=bound)
    assert 100 * row["semantic"] == pytest.approx(row["published_semantic"], abs=0.005)


def test_a_missing_dimension_is_named_and_no_total_is_given() -> None:
    scores = dict.fromkeys(RULES, 0.9)
    del scores["scene"]
    card = card_of(scores)
    assert card.missing() == ["scene"]
    assert card.part(QUALITY) is not None
    assert card.part(SEMANTIC) is None
    assert card.part(SEMANTIC, partial=True) is not None
    assert card.total is None


def test_a_dimension_that_lacks_scores_takes_its_part_and_the_total_along() -> None:
    results = {name: DimensionResult(RULES[name].minimum, 5, planned=5) for name in RULES}  # 0 on the card
    short = {**results, "scene": DimensionResult(RULES["scene"].maximum, 4, planned=5)}  # 1, one of nine of Semantic
    card = ScoreCard(short)
    assert (card.unfinished(), card.unfinished(SEMANTIC), card.unfinished(QUALITY)) == (["scene"], ["scene"], [])
    assert (card.part(QUALITY), card.part(SEMANTIC), card.total) == (0.0, None, None)
    assert card.part(SEMANTIC, partial=True) == pytest.approx(1 / 9)
    assert card.total_over_what_is_there == pytest.approx((4 * 0 + 1 / 9) / 5)
    assert ScoreCard(results).total == 0.0


def test_a_dimension_beside_the_card_takes_nothing_along() -> None:
    judged = {**dict.fromkeys(RULES, DimensionResult(0.5, 5, planned=5)), "own": DimensionResult(0.5, 4, planned=5)}
    card = ScoreCard(judged)
    assert (card.unfinished(), card.unfinished(QUALITY), card.unfinished(SEMANTIC)) == (["own"], [], [])
    assert card.part(QUALITY) is not None


def test_parts_are_the_mean_of_what_is_there() -> None:
    assert part_score(QUALITY, {"dynamic_degree": 0.4, "aesthetic_quality": 0.7}) == pytest.approx(0.6)
    assert part_score(SEMANTIC, {"aesthetic_quality": 0.7}) is None


def test_total_weighs_quality_four_times() -> None:
    assert total_score({QUALITY: 1.0, SEMANTIC: 0.0}) == 0.8


@pytest.mark.parametrize(("dimension", "samples", "fewer"), [
    ("gender_bias", 5, True), ("gender_bias", 10, False), ("culture_fairness", 5, False), ("culture_fairness", 4, True),
    ("gender_bias", 0, False), ("gender_bias", 1, True),
])  # fmt: skip
def test_a_dimensions_own_number_of_samples_is_the_protocols(dimension: str, samples: int, fewer: bool) -> None:
    card = ScoreCard({dimension: DimensionResult(0.5, 1)}, benchmark=TRUSTWORTHINESS, samples=samples)
    assert card.has_fewer_samples == fewer
