"""What is known of a dimension stands in its benchmark's table and nowhere else."""

from __future__ import annotations

import ast
from pathlib import Path

from vbench.benchmarks.registry import DIMENSIONS, benchmark_named, specs_of
from vbench.benchmarks.score_card import DimensionResult, ScoreCard
from vbench.benchmarks.t2v import QUALITY, RULES, T2V
from vbench.prompts.library import load_suite

PACKAGE = Path(__file__).parents[2] / "vbench"

NAMES = {spec.name for spec in T2V.specs}


def named_in(path: Path) -> set[str]:
    """Dimensions that a module names in a text of its own (a docstring or help that only mentions them is none)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in NAMES}


def test_no_module_beside_the_benchmarks_lists_dimensions() -> None:
    for path in PACKAGE.rglob("*.py"):
        inside = path.relative_to(PACKAGE).as_posix()
        if not inside.startswith("benchmarks/") and inside != "dimensions/scene.py":  # which has two classes
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
    assert set(DIMENSIONS.builtin) == NAMES == set(specs_of(T2V))
