"""What a release says of itself: changelog, upgrade notes, bounds, promises of extras, the workflow, example clips."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from packaging.version import Version

import vbench.cli.comparison_output
import vbench.distances.reference
import vbench.distances.result
import vbench.distances.store
import vbench.leaderboard.db.backup
import vbench.leaderboard.submissions.scores_file
import vbench.leaderboard.views.dataset
import vbench.leaderboard.views.export
import vbench.runs.record
import vbench.runs.store
import vbench.sampling.record
import vbench.sampling.story
from tests.release import changelog
from tests.release.extras import extras, project, requirements_of
from tests.release.lowest import LOWEST, bound_of
from tests.release.wheels import BARE, PROMISES
from vbench.benchmarks.registry import BENCHMARKS, benchmark_named, specs_of
from vbench.benchmarks.t2v import T2V
from vbench.dimensions.profiles import profile
from vbench.media.video import Video
from vbench.prompts.suite import Prompt
from vbench.runs.evaluators import Evaluators
from vbench.schemas.catalog import DOCUMENTS

ROOT = Path(__file__).parents[1]

UPGRADING = (ROOT / "docs" / "upgrading.md").read_text(encoding="utf-8")

FILES = {
    "`run.json`": vbench.runs.record.RECORD_VERSION,
    "`run.sqlite`": vbench.runs.store.SCHEMA_VERSION,
    "`sampling.json`": vbench.sampling.record.RECORD_VERSION,
    "`story.json`": vbench.sampling.story.VERSION,
    "`features.sqlite`": vbench.distances.store.VERSION,
    "`submission.json`": vbench.leaderboard.submissions.scores_file.FORMAT,
    "`board.json`": vbench.leaderboard.views.export.VERSION,
    "`vbench compare --json`": vbench.cli.comparison_output.VERSION,
    "`score-log.jsonl`": DOCUMENTS["score-log.jsonl"].version,
    "`vbench card --json`": DOCUMENTS["card"].version,
    "`vbench distance --json`": vbench.distances.result.VERSION,
    "`vbench distance --export`": vbench.distances.reference.VERSION,
    "`vbench leaderboard backup`": vbench.leaderboard.db.backup.FORMAT,
    "`vbench leaderboard export-dataset`": vbench.leaderboard.views.dataset.FORMAT,
}


def rows_of(page: str, heading: str) -> dict[str, list[str]]:
    """The table under a heading: first cell -> the others."""
    part = page.split(f"### {heading}\n", 1)[1].split("\n### ", 1)[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| `")
    ]
    return {name: others for name, *others in rows}


def test_every_version_of_the_changelog_is_one_newest_first_and_the_packages_own_is_there() -> None:
    versions = [entry.version for entry in changelog.entries()]
    assert versions == sorted(set(versions), reverse=True)
    assert Version(project()["version"]) == versions[0]
    assert all(entry.released for entry in changelog.entries()[1:]), "only the newest version may be unreleased"
    assert all(notes.startswith("- ") for entry in changelog.entries() for notes in entry.notes.values())


def test_a_tag_of_another_version_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert changelog.main("v9.9.9") == 1
    assert "They must agree" in capsys.readouterr().err


def test_every_version_has_an_upgrade_note_and_names_the_forms_that_the_code_writes() -> None:
    noted = re.findall(r"^## To (.+)$", UPGRADING, re.MULTILINE)
    assert noted == [str(entry.version) for entry in changelog.entries()]
    files = rows_of(UPGRADING, "Files")
    assert {name: int(cells[0]) for name, cells in files.items()} == FILES


def test_the_upgrade_note_names_the_dimensions_whose_scores_were_changed() -> None:
    specs = [
        spec for name in BENCHMARKS.builtin for spec in specs_of(benchmark_named(name)).values() if not spec.package
    ]
    versions = {f"`{spec.name}`": spec.version for spec in specs}
    noted = {name: int(cells[0]) for name, cells in rows_of(UPGRADING, "Scores").items()}
    assert noted == {name: version for name, version in versions.items() if version > 1}


def test_every_requirement_has_a_lower_bound_so_that_the_lowest_versions_can_be_tested() -> None:
    unbound = [str(one) for extra in ("", *extras()) for one in requirements_of(extra) if not bound_of(one)]
    assert unbound == []


def test_every_extra_promises_something_and_has_its_lowest_versions_tested() -> None:
    assert set(PROMISES) == {BARE, *extras()}
    assert all(PROMISES.values())
    tested = {extra for lowest in LOWEST.values() for extra in lowest.extras}
    assert set(extras()) - tested <= {"all", "docs", "dev", *parts_of("all")}
    assert "all" in tested


def parts_of(extra: str) -> set[str]:
    """The extras that another one is made of."""
    (line,) = [line for line in project()["optional-dependencies"][extra] if line.startswith(f"{project()['name']}[")]
    return set(line.split("[")[1].rstrip("]").split(","))


def workflow() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8"))
    return read


def test_nothing_is_published_before_tests_lowest_versions_and_the_wheel_passed() -> None:
    jobs = workflow()["jobs"]
    assert set(jobs["publish"]["needs"]) == {"tests", "lowest", "archives"}
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert "secrets." not in (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    oldest = project()["requires-python"].removeprefix(">=")
    assert oldest in jobs["tests"]["strategy"]["matrix"]["python"]
    assert {"python-version": oldest} in [step.get("with") for step in jobs["lowest"]["steps"]]


def test_what_the_workflow_calls_is_there() -> None:
    called = [step["run"] for job in workflow()["jobs"].values() for step in job["steps"] if "run" in step]
    targets = re.findall(r"^([\w$()./-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for command in called:
        for target in re.findall(r"\bmake ([\w./-]+)", command):
            assert target.replace(".venv", "$(VENV)") in targets
        for module in re.findall(r"-m (tests[\w.]+)", command):
            assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file()


def examples() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((ROOT / "docs" / "examples" / "scores.json").read_text(encoding="utf-8"))
    return told


def test_the_example_clips_are_there_are_small_and_the_low_one_scores_lower() -> None:
    files = {file.name: file.stat().st_size for file in (ROOT / "docs" / "examples").glob("*.mp4")}
    assert set(files) == {f"{name}-{which}.mp4" for name in examples() for which in ("high", "low")}
    assert sum(files.values()) < 1_500_000
    assert all(one["low"]["score"] < one["high"]["score"] for one in examples().values())


@pytest.mark.parametrize("which", ["high", "low"])
def test_an_example_clip_scores_what_the_page_says(which: str) -> None:
    example = examples()["temporal_flickering"]
    judge = Evaluators(profile("lite"), torch.device("cpu"), benchmark=T2V).dimension("temporal_flickering")
    score = judge.score(
        Video(ROOT / "docs" / "examples" / f"temporal_flickering-{which}.mp4"), Prompt(example["prompt"])
    )
    assert score.value == pytest.approx(example[which]["score"], abs=1e-3)
