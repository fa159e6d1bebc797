"""``--imaging-metric``: a figure beside the protocol's, kept apart from it everywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.parity.conftest import clip
from vbench.cli import app
from vbench.errors import UsageError
from vbench.prompts.suite import Prompt, PromptSuite
from vbench.runs import plan as plans
from vbench.runs.custom_plan import custom_plan
from vbench.runs.dimensions_asked import dimensions_asked
from vbench.runs.standard_plan import standard_plan

BY_METRIC = "imaging_quality_by_metric"


@pytest.fixture(autouse=True)
def pyiqa() -> Any:
    return pytest.importorskip("pyiqa")


def evaluated(run: Path, *options: str) -> dict[str, Any]:
    command = ["evaluate", str(clip("still_rgb")), "--profile", "lite", "--device", "cpu", "--progress", "none"]
    result = CliRunner().invoke(app, [*command, "--output", str(run), "--json", *options])
    assert result.exit_code == 0, result.output
    card: dict[str, Any] = json.loads(result.stdout)
    return card


def test_the_run_says_by_what_it_was_rated(tmp_path: Path) -> None:
    card = evaluated(tmp_path, "-d", "temporal_flickering", "--imaging-metric", "entropy")
    options = {BY_METRIC: {"metric": "entropy"}}
    assert card["options"] == options
    assert not card["comparable"]
    assert set(card["dimensions"]) == {"temporal_flickering", BY_METRIC}
    assert card["dimensions"][BY_METRIC]["score"] > 1
    assert card["dimensions"][BY_METRIC]["normalised"] is None
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["options"] == options
    assert not record["comparable"]
    assert "pyiqa" in record["packages"]


def test_another_measure_is_another_unit_and_a_later_call_keeps_its_name(tmp_path: Path) -> None:
    first = evaluated(tmp_path, "-d", "temporal_flickering", "--imaging-metric", "entropy")
    second = evaluated(tmp_path, "-d", "temporal_flickering", "--imaging-metric", "piqe")
    assert first["dimensions"][BY_METRIC] != second["dimensions"][BY_METRIC]
    later = evaluated(tmp_path, "-d", "temporal_flickering", "--partial")
    assert later["options"] == {BY_METRIC: {"metric": "piqe"}}
    assert later["quality"] == pytest.approx(later["dimensions"]["temporal_flickering"]["normalised"])
    shown = CliRunner().invoke(app, ["score", str(tmp_path)])
    assert f"Note: {BY_METRIC} with metric=piqe is outside the protocol" in shown.output


def test_an_unknown_measure_ends_the_call_before_anything_is_scored(tmp_path: Path) -> None:
    command = ["evaluate", str(clip("still_rgb")), "--output", str(tmp_path / "run"), "--imaging-metric", "ssim"]
    result = CliRunner().invoke(app, command)
    assert isinstance(result.exception, UsageError)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("mode", plans.MODES)
def test_nobody_gets_it_unasked(mode: str) -> None:
    assert BY_METRIC not in dimensions_asked(None, mode)
    assert dimensions_asked([BY_METRIC], mode) == (BY_METRIC,)


def test_it_judges_the_videos_of_imaging_quality(tmp_path: Path) -> None:
    for text in ("a cat", "a dog"):
        (tmp_path / f"{text}-0.mp4").write_bytes(clip("still_rgb").read_bytes())
    suite = PromptSuite("two", (Prompt("a cat", ("imaging_quality",)), Prompt("a dog", ("scene",))))
    found = standard_plan(tmp_path, suite, [BY_METRIC], samples=1)
    assert [(task.video, task.dimensions) for task in found.tasks] == [("a cat-0.mp4", (BY_METRIC,))]
    assert len(custom_plan(tmp_path, [BY_METRIC]).tasks) == 2
