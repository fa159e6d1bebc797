"""Runs of every version open, score and continue."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import torch

from vbench.benchmarks.t2v import T2V
from vbench.dimensions.profiles import profile
from vbench.errors import UsageError
from vbench.runs.evaluate import evaluate
from vbench.runs.evaluators import Evaluators
from vbench.runs.make_plan import make_plan
from vbench.runs.record import RECORD, RECORD_VERSION, RunRecord, read_record, write_record
from vbench.runs.results import read_rows, read_score_card

FIXTURES = Path(__file__).parent / "fixtures"

MADE_IN = re.compile(r"/tmp/vbench-fixture/v\d")
"""Where the fixtures were made: the same videos, sampled by version 1, scored by each version."""

VERSIONS = sorted(path.name for path in FIXTURES.glob("v[0-9]*"))


@pytest.fixture(params=VERSIONS)
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a run of an older version, with its videos, as if it had been made here."""
    shutil.copytree(FIXTURES / "videos", tmp_path / "videos")
    shutil.copytree(FIXTURES / request.param, tmp_path / "run")
    shutil.copy(FIXTURES / "suite.json", tmp_path)
    for file in (tmp_path / "run" / RECORD, tmp_path / "videos" / "sampling.json"):
        file.write_text(MADE_IN.sub(str(tmp_path), file.read_text()))
    return tmp_path


def test_every_older_version_is_kept() -> None:
    assert [f"v{version}" for version in range(1, RECORD_VERSION + 1)] == VERSIONS


def test_a_run_of_an_older_version_opens(stored: Path) -> None:
    record, rows = read_record(stored / "run"), read_rows(stored / "run")
    assert record.version == RECORD_VERSION
    assert record.benchmark == T2V.name
    assert record.suite["name"] == "suite"
    assert record.not_evaluated.keys() == {"aesthetic_quality", "scene", "overall_consistency"}
    assert {row.status for row in rows} == {"scored", "not_applicable"}
    assert all(len(row.sha256) == len(row.cache_key) == 64 for row in rows)


def test_version_2_is_read_with_and_without_the_option_that_it_had_at_first(tmp_path: Path) -> None:
    values = json.loads((FIXTURES / "v2" / RECORD).read_text())
    (tmp_path / RECORD).write_text(json.dumps(values))
    without = read_record(tmp_path)
    (tmp_path / RECORD).write_text(json.dumps({**values, "batch_size": 8}))
    assert read_record(tmp_path) == without


def test_it_scores_as_it_did_to_the_last_bit(stored: Path) -> None:
    card = read_score_card(stored / "run")
    then = json.loads((stored / "run" / "results_eval_results.json").read_text())
    assert card.scores == {name: result[0] for name, result in then.items()}
    assert len(card.scores) == 5
    assert card.total is None


def test_it_continues_with_what_still_holds(stored: Path) -> None:
    before = read_score_card(stored / "run").scores
    plan, evaluators = make_plan(stored / "videos"), Evaluators(profile("lite"), torch.device("cpu"))
    first, second = (evaluate(plan, evaluators, stored / "run") for _ in range(2))
    assert first.computed + first.reused == second.reused == 12  # a newer way of scoring is not mixed with the old one
    assert first.scored == second.scored == 10
    assert second.computed == 0
    assert read_score_card(stored / "run").scores == pytest.approx(before, abs=1e-6)
    assert read_record(stored / "run").version == RECORD_VERSION
    assert json.loads((stored / "run" / RECORD).read_text())["version"] == RECORD_VERSION


RECORD_NOW = RunRecord(T2V.name, "/videos", "custom_input", {"name": "", "sha256": ""}, "lite", "2025-01-01T00:00:00")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": RECORD_VERSION + 1}, "was written by a newer vbench"),
        ({"version": None}, "is no record of a run: expected an object with a version, found None"),
        ({"profile": ...}, "is not whole: missing 1 required positional argument: 'profile'"),
        ({"colour": "red"}, "has a field 'colour', which version 6 does not have"),
    ],
)
def test_what_is_no_record_is_refused(change: dict[str, object], reason: str, tmp_path: Path) -> None:
    write_record(tmp_path, RECORD_NOW)
    assert read_record(tmp_path).plain() == json.loads(json.dumps(RECORD_NOW.plain()))
    values = {**RECORD_NOW.plain(), **change}
    kept = {name: value for name, value in values.items() if value is not ...}
    (tmp_path / RECORD).write_text(json.dumps(kept))
    with pytest.raises(UsageError, match=reason):
        read_record(tmp_path)
