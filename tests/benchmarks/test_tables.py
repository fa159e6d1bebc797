"""What is known of a dimension stands in its benchmark's table and nowhere else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from vbench.benchmarks.i2v import I2V, VBENCH_I2V
from vbench.benchmarks.registry import DIMENSIONS, benchmark_named, specs_of
from vbench.benchmarks.score_card import DimensionResult, ScoreCard
from vbench.benchmarks.t2v import QUALITY, RULES, T2V
from vbench.prompts.digests import official_digests
from vbench.prompts.library import load_suite

PACKAGE = Path(__file__).parents[2] / "vbench"

NAMES = {spec.name for benchmark in (T2V, VBENCH_I2V) for spec in benchmark.specs}


def named_in(path: Path) -> set[str]:
    """Dimensions that a module names in a text of its own (a docstring or help that only mentions them is none)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in NAMES}


def test_no_module_beside_the_benchmarks_lists_dimensions() -> None:
    for path in PACKAGE.rglob("*.py"):
        inside = path.relative_to(PACKAGE).as_posix()
        two_classes = ("dimensions/scene.py", "dimensions/camera_motion.py")
        if not inside.startswith("benchmarks/") and inside not in two_classes:
            assert len(named_in(path)) <= 1, f"{inside} lists {sorted(named_in(path))}"


def test_the_official_prompts_are_as_many_as_the_table_says() -> None:
    counts = {name: len({prompt.text for prompt in load_suite("open") if name in prompt.dimensions}) for name in RULES}
    assert counts == {name: rule.prompts for name, rule in RULES.items()}  # the open suite has the official structure


def card_of(benchmark: str, score: float, **changed: float) -> ScoreCard:
    chosen = benchmark_named(benchmark)
    scores = {**dict.fromkeys(chosen.rules, score), **changed}
    return ScoreCard({name: DimensionResult(value, 1) for name, value in scores.items()}, benchmark=chosen)


def test_the_gate_of_mlperf_is_the_mean_of_six_raw_scores_over_248_prompts() -> None:
    card = card_of("mlperf-wan22", 0.7, dynamic_degree=0.1, scene=0.4)
    assert card.total is not None
    assert abs(card.total - (4 * 0.7 + 0.1 + 0.4) / 6) < 1e-15
    assert card.benchmark.samples == 1
    prompts = {prompt.text for prompt in load_suite("open") if set(prompt.dimensions) & set(card.benchmark.rules)}
    assert len(prompts) == 248
    without = ScoreCard(
        {name: one for name, one in card.dimensions.items() if name != "scene"}, benchmark=card.benchmark
    )
    assert (without.total, without.missing()) == (None, ["scene"])


def test_video_quality_is_six_dimensions_of_the_protocol_and_no_total() -> None:
    card = card_of("video-quality", 0.8)
    assert set(card.benchmark.rules) < {name for name, rule in RULES.items() if rule.part == QUALITY}
    weights = {name: RULES[name].weight for name in card.benchmark.rules}
    mean = sum(RULES[name].normalised(0.8) * weight for name, weight in weights.items()) / 5.5
    assert card.part(QUALITY) is not None
    assert abs((card.part(QUALITY) or 0.0) - mean) < 1e-15
    assert card.total is None
    assert not any(rule.needs for rule in card.benchmark.rules.values())


def test_what_other_packages_may_not_take_is_known() -> None:
    assert set(DIMENSIONS.builtin) == NAMES == set(specs_of(T2V)) | set(specs_of(VBENCH_I2V))


I2V_CONSTANTS = {
    "camera_motion": (0, 1, 0.1), "i2v_subject": (0.1462, 1, 1), "i2v_background": (0.2615, 1, 1),
    "subject_consistency": (0.1462, 1, 1), "background_consistency": (0.2615, 1, 1),
    "motion_smoothness": (0.706, 0.9975, 1), "dynamic_degree": (0, 1, 0.5), "aesthetic_quality": (0, 1, 1),
    "imaging_quality": (0, 1, 1),
}  # fmt: skip
"""Dimension -> minimum, maximum and weight, as the reference's cal_i2v_final_score.py has them."""


def test_image_to_video_is_nine_dimensions_in_two_parts_that_weigh_the_same() -> None:
    raw = {name: 0.3 + 0.07 * place for place, name in enumerate(I2V_CONSTANTS)}
    weighed = {name: (raw[name] - low) / (high - low) * weight for name, (low, high, weight) in I2V_CONSTANTS.items()}
    of_i2v = ("camera_motion", "i2v_subject", "i2v_background")
    i2v = sum(weighed[name] for name in of_i2v) / 2.1
    quality = sum(value for name, value in weighed.items() if name not in of_i2v) / 5.5
    card = card_of("vbench-i2v", 0.0, **raw)
    assert set(card.benchmark.rules) == set(I2V_CONSTANTS)
    assert [card.part(I2V), card.part(QUALITY), card.total] == pytest.approx([i2v, quality, (i2v + quality) / 2])


def test_temporal_flickering_of_image_to_video_is_offered_and_in_no_score() -> None:
    spec = specs_of(VBENCH_I2V)["temporal_flickering"]
    assert (spec.prompts, spec.tested_by, spec.part) == (355, "temporal_flickering", "")
    assert spec.name not in VBENCH_I2V.rules


def test_the_official_image_to_video_prompts_are_as_many_as_the_table_says() -> None:
    digests = official_digests("vbench-i2v")
    assert {name: len(found) for name, found in digests.items()} == {
        spec.name: spec.prompts for spec in VBENCH_I2V.specs if spec.prompts
    }
    assert len(frozenset().union(*digests.values())) == 1118
    assert len(digests["i2v_subject"] | digests["i2v_background"]) == 355
