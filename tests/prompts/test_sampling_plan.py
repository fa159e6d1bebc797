from __future__ import annotations

from pathlib import Path

import pytest

from tests.footage import write_video
from vbench.prompts.sampling_plan import file_stems, sampling_plan, seed_of
from vbench.prompts.suite import Prompt, PromptSuite
from vbench.runs.standard_plan import standard_plan

LONG = "a lighthouse " * 30
SUITE = PromptSuite(
    "odd names",
    tuple(
        Prompt(text, ("subject_consistency",))
        for text in (
            "a fantasy landscape",
            "A fantasy landscape",
            "either/or: a sign?",
            LONG.strip(),
            "an end.",
            "naïve café",
            "x" * 240,
            "X" * 240,
        )
    ),
)


def test_names_are_safe_distinct_and_the_prompt_where_they_can_be() -> None:
    stems = file_stems(prompt.text for prompt in SUITE)
    assert stems["a fantasy landscape"] == "a fantasy landscape"
    assert stems["naïve café"] == "naïve café"
    assert len({stem.casefold() for stem in stems.values()}) == len(SUITE)
    for stem in stems.values():
        assert not set(stem) & set('<>:"/\\|?*')
        assert len(f"{stem}-999999.webm".encode()) <= 255  # as many as a plan may have


def test_the_plans_names_are_found_again(tmp_path: Path) -> None:
    for sample in sampling_plan(SUITE, samples=2):
        write_video(tmp_path / sample.file)
    plan = standard_plan(tmp_path, SUITE, ["subject_consistency"], samples=2)
    assert plan.missing == plan.unexpected == ()
    assert len({task.prompt.text for task in plan.tasks}) == len(SUITE)


def test_names_that_a_file_system_cut_are_found(tmp_path: Path) -> None:
    text = "a long prompt about a lighthouse keeper who climbs the stairs with a lantern while waves crash outside"
    suite = PromptSuite("long", (Prompt(text, ("subject_consistency",)),))
    write_video(tmp_path / f"{text[:104]}-0.mp4")
    plan = standard_plan(tmp_path, suite, ["subject_consistency"], samples=1)
    assert [task.prompt.text for task in plan.tasks] == [text]


def test_a_seed_depends_on_base_prompt_and_index_alone() -> None:
    whole = {(sample.prompt.text, sample.index): sample.seed for sample in sampling_plan(SUITE, samples=5)}
    part = PromptSuite("part", SUITE.prompts[:2][::-1])
    assert all(whole[sample.prompt.text, sample.index] == sample.seed for sample in sampling_plan(part, samples=3))
    assert len(set(whole.values())) == len(whole)
    assert seed_of(1, "a cat", 0) != seed_of(0, "a cat", 0)
    assert all(0 <= seed < 2**31 for seed in whole.values())


def test_flickering_prompts_get_their_own_number() -> None:
    suite = PromptSuite(
        "s", (Prompt("a lamp", ("temporal_flickering",)), Prompt("a cat", ("color",)), Prompt("a cat", ("scene",)))
    )
    files = [sample.file for sample in sampling_plan(suite, samples=2, more={"temporal_flickering": 4})]
    assert files == ["a lamp-0.mp4", "a lamp-1.mp4", "a lamp-2.mp4", "a lamp-3.mp4", "a cat-0.mp4", "a cat-1.mp4"]
    assert [sample.prompt.text for sample in sampling_plan(suite, ["scene"], samples=1)] == ["a cat"]


@pytest.mark.parametrize("suffix", [".mp4", ".png"])
def test_suffix(suffix: str) -> None:
    assert next(sampling_plan(SUITE, suffix=suffix)).file == f"a fantasy landscape-0{suffix}"
