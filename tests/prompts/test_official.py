"""The official suite, as its publisher gives it."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from vbench.prompts import library, official
from vbench.prompts.sampling_plan import sampling_plan
from vbench.prompts.suite import PromptSuite, SuiteError

PROMPTS_PER_DIMENSION = {
    "subject_consistency": 72, "background_consistency": 86, "temporal_flickering": 75, "motion_smoothness": 72,
    "dynamic_degree": 72, "aesthetic_quality": 93, "imaging_quality": 93, "object_class": 79, "multiple_objects": 82,
    "human_action": 100, "color": 85, "spatial_relationship": 84, "scene": 86, "temporal_style": 100,
    "appearance_style": 90, "overall_consistency": 93,
}  # fmt: skip


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suites")
    try:
        official.fetch_suite(folder)
    except SuiteError as error:
        if "pip could not get" in str(error):
            pytest.skip(f"needs a package index: {error}")
        raise
    return folder


@pytest.fixture(scope="module")
def suite(fetched: Path) -> PromptSuite:
    return library.suite("vbench-t2v", fetched)


def test_counts(suite: PromptSuite) -> None:
    assert len(suite) == 946
    assert len({prompt.text for prompt in suite}) == 944
    assert Counter(dimension for prompt in suite for dimension in prompt.dimensions) == PROMPTS_PER_DIMENSION
    assert suite.digest == official.SUITE_SHA256


def test_the_plan_lists_every_file_once(suite: PromptSuite) -> None:
    files = [sample.file for sample in sampling_plan(suite)]
    assert len(files) == len(set(files)) == 4720
    assert len({file.casefold() for file in files}) == 4720
    assert sum(1 for _ in sampling_plan(suite, more={"temporal_flickering": 25})) == 6220


def test_only_one_of_the_two_prompts_that_differ_in_case_gets_another_name_than_the_references(
    suite: PromptSuite,
) -> None:
    renamed = {
        sample.prompt.text
        for sample in sampling_plan(suite)
        if sample.file != f"{sample.prompt.text}-{sample.index}.mp4"
    }
    assert renamed == {"A fantasy landscape"}


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "suite.json").write_text("[]")
    with pytest.raises(SuiteError, match="not the published file"):
        official.fetch_suite(tmp_path, tmp_path / "suite.json")
    with pytest.raises(SuiteError, match="cannot be read"):
        official.fetch_suite(tmp_path, tmp_path / "none.json")
    (tmp_path / "other.whl").write_bytes(b"")
    with pytest.raises(SuiteError, match="not the published wheel"):
        official.fetch_suite(tmp_path, tmp_path / "other.whl")


def test_not_fetched_yet_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="vbench prompts fetch vbench-t2v"):
        library.suite("vbench-t2v", tmp_path)


def test_categories_are_checked_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"a cat\na dog\n"
    monkeypatch.setattr(official, "CATEGORY_SHA256", {"animal": hashlib.sha256(content).hexdigest()})
    official.fetch_categories(tmp_path, lambda address: content if "Vchitect/VBench" in address else b"")
    assert [prompt.text for prompt in library.category("vbench-t2v", "animal", tmp_path)] == ["a cat", "a dog"]
    with pytest.raises(SuiteError, match="vbench-t2v has: animal"):
        library.category("vbench-t2v", "robots", tmp_path)
    with pytest.raises(SuiteError, match="not the published file"):
        official.fetch_categories(tmp_path, lambda address: b"something else")
