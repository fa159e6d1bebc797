from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.footage import noise, write_stills, write_video
from vbench.benchmarks.t2v import T2V
from vbench.errors import UsageError
from vbench.prompts.suite import Prompt, PromptSuite, SuiteError, read_suite
from vbench.runs.category_plan import category_plan
from vbench.runs.custom_plan import custom_plan, prompt_from_name, read_prompt_file
from vbench.runs.standard_plan import standard_plan
from vbench.sampling.manifest import NAME as MANIFEST
from vbench.sampling.manifest import SampleRecord, manifest_text

SUITE = PromptSuite(
    "small",
    (
        Prompt("a cat", ("subject_consistency", "motion_smoothness")),
        Prompt("a beach - at dawn", ("background_consistency",)),
        Prompt("a lamp", ("temporal_flickering",)),
    ),
    "digest",
)


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for name in ("a cat-0", "a cat-1", "a beach - at dawn-0", "a dog-0"):
        write_video(tmp_path / "videos" / f"{name}.mp4")
    (tmp_path / "videos" / ".DS_Store").touch()
    (tmp_path / "videos" / "notes.json").write_text("{}")
    return tmp_path / "videos"


def test_standard_mode_matches_names_and_says_what_is_missing(videos: Path) -> None:
    plan = standard_plan(videos, SUITE, samples=2)
    assert {(task.video, task.dimensions) for task in plan.tasks} == {
        ("a cat-0.mp4", ("subject_consistency", "motion_smoothness")),
        ("a cat-1.mp4", ("subject_consistency", "motion_smoothness")),
        ("a beach - at dawn-0.mp4", ("background_consistency",)),
    }
    assert plan.missing == ("a beach - at dawn-1", "a lamp-0", "a lamp-1")
    assert plan.unexpected == ("a dog-0.mp4",)
    assert plan.units == 5
    assert (plan.suite, plan.suite_digest) == ("small", "digest")


@pytest.mark.parametrize("listed", [False, True])
def test_a_video_of_another_dimension_belongs_to_its_prompt(videos: Path, listed: bool) -> None:
    if listed:
        records = [SampleRecord(f"{text}-0.mp4", text, 0) for text in ("a cat", "a beach - at dawn")]
        (videos / MANIFEST).write_text(manifest_text(records))
    plan = standard_plan(videos, SUITE, ["background_consistency"], samples=1)
    assert [task.video for task in plan.tasks] == ["a beach - at dawn-0.mp4"]
    assert plan.unexpected == ("a cat-1.mp4", "a dog-0.mp4")


def test_only_the_asked_dimensions_are_expected(videos: Path) -> None:
    plan = standard_plan(videos, SUITE, ["subject_consistency"], samples=2)
    assert plan.missing == ()
    assert {task.dimensions for task in plan.tasks} == {("subject_consistency",)}


def test_one_folder_per_dimension(tmp_path: Path) -> None:
    write_video(tmp_path / "subject_consistency" / "a cat-0.mp4")
    write_video(tmp_path / "scene" / "a beach - at dawn-0.mp4")
    plan = standard_plan(tmp_path, SUITE, samples=1)
    assert {task.video for task in plan.tasks} == {
        "subject_consistency/a cat-0.mp4",
        "scene/a beach - at dawn-0.mp4",
    }
    assert plan.missing == ("a lamp-0",)


def test_special_suffix(tmp_path: Path) -> None:
    write_video(tmp_path / "a cat_v2-0.mp4")
    plan = standard_plan(tmp_path, SUITE, ["subject_consistency"], special="_v2", samples=1)
    assert [task.video for task in plan.tasks] == ["a cat_v2-0.mp4"]


def test_category_mode_takes_every_sample_that_starts_with_a_prompt(videos: Path) -> None:
    suite = PromptSuite("animal", (Prompt("a cat", category="animal"), Prompt("a bird", category="animal")))
    plan = category_plan(videos, suite, ["temporal_flickering"])
    assert [task.video for task in plan.tasks] == ["a cat-0.mp4", "a cat-1.mp4"]
    assert {task.prompt.category for task in plan.tasks} == {"animal"}
    assert plan.missing == ("a bird",)


def test_custom_mode_reads_prompts_from_names(videos: Path) -> None:
    plan = custom_plan(videos, ["temporal_flickering"])
    assert {task.prompt.text for task in plan.tasks} == {"a cat", "a dog", "a beach - at dawn"}


def test_custom_mode_with_one_prompt_and_with_a_file(videos: Path) -> None:
    assert {task.prompt.text for task in custom_plan(videos, None, "a bird").tasks} == {"a bird"}
    prompts = {f"{name}.mp4": name.upper() for name in ("a cat-0", "a cat-1", "a beach - at dawn-0", "a dog-0")}
    assert {task.prompt.text for task in custom_plan(videos, None, prompts).tasks} == set(prompts.values())
    with pytest.raises(UsageError, match=r"no prompt for 1 of 4 videos: a dog-0\.mp4"):
        custom_plan(videos, None, dict(list(prompts.items())[:3]))


def test_single_file_and_folder_of_stills(videos: Path, tmp_path: Path) -> None:
    assert [task.video for task in custom_plan(videos / "a cat-0.mp4").tasks] == ["a cat-0.mp4"]
    frames = write_stills(tmp_path / "more" / "a clown-0")
    assert [(task.video, task.prompt.text) for task in custom_plan(frames).tasks] == [("a clown-0", "a clown")]
    assert [task.video for task in custom_plan(tmp_path / "more").tasks] == ["a clown-0"]


def test_dimensions_that_need_facts_are_refused_for_own_videos(videos: Path) -> None:
    with pytest.raises(UsageError, match="color: not for custom_input"):
        custom_plan(videos, ["color", "temporal_flickering"])
    assert not set(custom_plan(videos).dimensions) & {spec.name for spec in T2V.specs if spec.needs}


def test_bad_input(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a folder"):
        standard_plan(tmp_path / "none", SUITE)
    with pytest.raises(UsageError, match="holds no videos"):
        standard_plan(tmp_path, SUITE)
    write_video(tmp_path / "a cat-0.mp4")
    with pytest.raises(UsageError, match="Did you mean motion_smoothness"):
        standard_plan(tmp_path, SUITE, ["motion_smothness"])


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("a cat-0.mp4", "a cat"),
        ("a cat.mp4", "a cat"),
        ("a-b-12.gif", "a-b"),
        ("x/route-66-1.mp4", "route-66"),
        ("v-.mp4", "v-"),
    ],
)
def test_prompts_from_names(name: str, prompt: str) -> None:
    assert prompt_from_name(name) == prompt


def test_prompt_file_of_another_shape(tmp_path: Path) -> None:
    file = tmp_path / "prompts.json"
    for text in ("[]", '{"a.mp4": 3}', "no json"):
        file.write_text(text)
        with pytest.raises(UsageError, match="prompt file"):
            read_prompt_file(file)


def test_suite_files(tmp_path: Path) -> None:
    file = tmp_path / "suite.json"
    entry = {"prompt_en": "a red cup", "dimension": ["color"], "auxiliary_info": {"color": {"color": "red"}}}
    file.write_text(json.dumps([entry]))
    suite = read_suite(file)
    assert suite.prompts == (Prompt("a red cup", ("color",), {"color": {"color": "red"}}),)
    assert len(suite.digest) == 64
    for wrong, message in (
        ([{**entry, "dimension": "color"}], "line 2: dimension must be a list"),
        ([entry, {"dimension": []}], "line 3: prompt_en must be a str"),
        ([entry, 7], "line 3: expected an object"),
        ([entry, {**entry, "prompt_en": ""}], "line 3: a prompt must be a text, found ''"),
        ([{**entry, "prompt_en": "a cup \ud83d"}], r"suite\.json is not JSON: .* is no text: it holds half"),
    ):
        file.write_text("[\n" + ",\n".join(json.dumps(part) for part in wrong) + "\n]")
        with pytest.raises(SuiteError, match=message):
            read_suite(file)
    file.write_text("{}")
    with pytest.raises(SuiteError, match="expected a list of prompts"):
        read_suite(file)


def test_pictures_are_judged_where_one_frame_is_enough(tmp_path: Path) -> None:
    import torch
    from PIL import Image

    from vbench.dimensions.profiles import profile
    from vbench.runs.evaluate import evaluate
    from vbench.runs.evaluators import Evaluators
    from vbench.runs.results import read_score_card

    Image.fromarray(noise(1, 240, 320)[0]).save(tmp_path / "a red cup-0.png")
    suite = PromptSuite("s", (Prompt("a red cup", ("imaging_quality", "motion_smoothness", "subject_consistency")),))
    plan = standard_plan(tmp_path, suite, suite.prompts[0].dimensions, samples=1)
    assert plan.missing == ()
    evaluate(plan, Evaluators(profile("lite"), torch.device("cpu")), tmp_path / "run")
    card = read_score_card(tmp_path / "run")
    assert set(card.scores) == {"imaging_quality"}
    assert {name for name, result in card.dimensions.items() if result.statuses == {"not_applicable": 1}} == {
        "motion_smoothness",
        "subject_consistency",
    }
