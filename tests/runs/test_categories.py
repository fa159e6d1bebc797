"""A content category is the prompts of the suite that name it, for sampling, checking and scoring alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import vbench
from tests.footage import noise, write_video
from vbench.errors import UsageError
from vbench.prompts.library import load_category
from vbench.runs.make_plan import make_plan
from vbench.runs.plan import CATEGORY, STANDARD

SUITE: list[dict[str, Any]] = [
    {"prompt_en": "a cat", "dimension": ["temporal_flickering"], "category": "animal"},
    {"prompt_en": "a red bird", "dimension": ["temporal_flickering", "color"], "category": "animal",
     "auxiliary_info": {"color": {"color": "red"}}},
    {"prompt_en": "a bus", "dimension": ["temporal_flickering"], "category": "vehicles"},
]  # fmt: skip


@pytest.fixture
def suite(tmp_path: Path) -> str:
    path = tmp_path / "own.json"
    path.write_text(json.dumps(SUITE))
    return str(path)


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for place, prompt in enumerate(SUITE):
        for index in range(5):
            write_video(tmp_path / "videos" / f"{prompt['prompt_en']}-{index}.mp4", noise(4, seed=5 * place + index))
    return tmp_path / "videos"


def test_a_category_of_an_own_suite_has_the_scores_that_the_whole_run_has_for_it(
    suite: str, videos: Path, tmp_path: Path
) -> None:
    asked: dict[str, Any] = {"dimensions": ["temporal_flickering"], "profile": "lite", "suite": suite}
    whole = vbench.evaluate(videos, output=tmp_path / "whole", **asked)
    animals = vbench.evaluate(videos, output=tmp_path / "animals", category="animal", **asked)
    assert animals.card.scores == whole.card.by_category["animal"]
    assert {row.prompt for row in animals.rows()} == {"a cat", "a red bird"}
    assert animals.record.suite["name"] == "own: animal"


def test_its_prompts_are_judged_by_what_they_test_unless_the_mode_says_otherwise(suite: str, videos: Path) -> None:
    plan = make_plan(videos, suite=suite, category="animal")
    assert (plan.mode, plan.dimensions) == (STANDARD, ("temporal_flickering", "color"))
    assert {task.prompt.text: task.dimensions for task in plan.tasks}["a cat"] == ("temporal_flickering",)
    by_name = make_plan(videos, ["temporal_flickering"], mode=CATEGORY, suite=suite, category="animal")
    assert (by_name.mode, len(by_name.tasks)) == (CATEGORY, 10)


def test_without_a_suite_nothing_is_taken_instead(videos: Path) -> None:
    with pytest.raises(UsageError, match="Name the suite whose content category is meant: --suite open"):
        make_plan(videos, category="animal")
    with pytest.raises(UsageError, match="Name the suite"):
        make_plan(videos, mode=CATEGORY)


def test_the_suite_that_a_folder_was_sampled_for_is_meant(suite: str, tmp_path: Path) -> None:
    small = {"frames": 4, "width": 48, "height": 32}
    vbench.generate("synthetic", tmp_path / "made", suite=suite, samples=1, settings=small)
    plan = make_plan(tmp_path / "made", category="vehicles")
    assert (plan.suite, [task.video for task in plan.tasks]) == ("own: vehicles", ["a bus-0.mp4"])
    vbench.generate("synthetic", tmp_path / "animals", suite=suite, category="animal", samples=1, settings=small)
    plan = make_plan(tmp_path / "animals")
    assert (plan.mode, plan.missing, len(plan.tasks)) == (STANDARD, (), 2)


def test_suites_that_ship_here_mean_the_same() -> None:
    named = {prompt.text for prompt in vbench.load_suite("mini") if prompt.category == "animal"}
    assert {prompt.text for prompt in load_category("mini", "animal")} == named
    assert len(load_category("open", "animal")) == 100  # whose prompts name none: a list of its own


def test_an_unknown_category_is_named_with_the_nearest(suite: str, videos: Path) -> None:
    with pytest.raises(
        UsageError, match=r"category 'animals'\. Did you mean animal\? .*own\.json has: animal, vehicles"
    ):
        make_plan(videos, suite=suite, category="animals")
    with pytest.raises(UsageError, match="Name a content category"):
        make_plan(videos, suite=suite, mode=CATEGORY)
