"""VBench-Long's tables and the arithmetic of its two consistencies, against the reference's figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vbench.benchmarks.base import Unit
from vbench.benchmarks.long import VBENCH_LONG, VBENCH_LONG_PLAIN
from vbench.benchmarks.slow_fast import SlowFast
from vbench.benchmarks.t2v import T2V
from vbench.prompts.library import load_suite
from vbench.runs.cut import clip_seconds
from vbench.runs.plan import STANDARD, Plan
from vbench.runs.standard_plan import tested_with as entries_of

GOLDEN = json.loads((Path(__file__).parents[1] / "parity" / "kit" / "goldens" / "long_fusion.json").read_text())


def slow_fast(dimension: str, dev: bool = True) -> SlowFast:
    both = (VBENCH_LONG if dev else VBENCH_LONG_PLAIN).rules[dimension].slow_fast
    assert both is not None
    return both


@pytest.mark.parametrize("dimension", GOLDEN["mapping"])
def test_a_likeness_is_mapped_and_fused_as_the_reference_does(dimension: str) -> None:
    for case in GOLDEN["mapping"][dimension]:
        both = slow_fast(dimension)
        assert both.mapped(case["clip2clip"]) == pytest.approx(case["mapped"], abs=1e-12)
        assert both.fused(0.9, case["clip2clip"]) == pytest.approx(case["fused_with_inclip_0.9"], abs=1e-12)


def test_where_nothing_was_compared_the_clip_speaks_for_itself() -> None:
    assert slow_fast("subject_consistency").fused(0.77, None) == 0.77


@pytest.mark.parametrize("name", ["dev_subject", "dev_background", "plain_subject"])
def test_clips_are_fused_with_the_comparison_of_their_video(name: str) -> None:
    case: dict[str, Any] = GOLDEN["fusion"][name]
    both = slow_fast(case["dimension"], case["dev_flag"])
    for one in case["fused"]:
        likeness = one["clip2clip_score"] or None
        assert both.fused(one["inclip_score"], likeness) == pytest.approx(one["video_results"], abs=1e-12)


def test_clips_are_as_long_as_the_reference_makes_them_by_prompt_group() -> None:
    suite = load_suite("open")  # has the official structure
    plan = Plan(Path(), STANDARD, (), (), benchmark=VBENCH_LONG, tested=entries_of(suite))
    found: dict[str, set[float]] = {}
    for prompt in suite:
        group = "+".join(sorted(set(prompt.dimensions) & T2V.rules.keys()))
        found.setdefault(group, set()).add(float(clip_seconds(plan, prompt.text)))
    golden = GOLDEN["clip_seconds_by_prompt_dimensions"]["clip_length_mix"]
    expected = {name: set(seconds) for name, seconds in golden.items()}
    shared = {prompt.text for prompt in suite if "overall_consistency" in prompt.dimensions} & {
        prompt.text for prompt in suite if "appearance_style" in prompt.dimensions
    }
    if not shared:  # our own suite shares no prompt between the two; the official one shares two
        expected["appearance_style"] = {2.0}
    assert found == expected


def test_a_prompt_of_two_groups_has_the_longer_clips() -> None:
    tested = {"a boat": frozenset({"appearance_style", "overall_consistency"}), "a car": frozenset({"color"})}
    plan = Plan(Path(), STANDARD, ("appearance_style",), (), benchmark=VBENCH_LONG, tested=tested)
    assert [clip_seconds(plan, prompt) for prompt in ("a boat", "a car")] == [10, 2]
    assert clip_seconds(Plan(Path(), "custom_input", (), (), benchmark=VBENCH_LONG, tested=tested), "a boat") == 2


def test_the_score_card_is_text_to_videos() -> None:
    for benchmark in (VBENCH_LONG, VBENCH_LONG_PLAIN):
        assert benchmark.unit is Unit.CLIP
        assert list(benchmark.rules) == list(T2V.rules)
        for name, rule in benchmark.rules.items():
            own = T2V.rules[name]
            assert (rule.minimum, rule.maximum, rule.weight, rule.part) == (
                own.minimum, own.maximum, own.weight, own.part,
            )  # fmt: skip
