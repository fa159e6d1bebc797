"""A run whose record was lost says nothing that nobody knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests import toys
from tests.footage import noise, write_video
from vbench import interface, provenance
from vbench.dimensions.profiles import Profile
from vbench.errors import UsageError
from vbench.runs.custom_plan import custom_plan
from vbench.runs.evaluate import evaluate
from vbench.runs.evaluators import Evaluators
from vbench.runs.merge import merge
from vbench.runs.record import RECORD
from vbench.runs.row_writer import Outcome
from vbench.runs.run import Run, open_run

pytestmark = pytest.mark.usefixtures("toy_dimensions")

OTHER = replace(toys.PROFILE, name="other", comparable=True)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for number in (0, 1):
        write_video(tmp_path / "videos" / f"clip {number}-0.mp4", noise(4, seed=number))
    judge(tmp_path / "run", "brightness", "fragile", "precise")
    return tmp_path / "run"


def judge(run: Path, *names: str, profile: Profile = toys.PROFILE) -> Outcome:
    return evaluate(custom_plan(run.parent / "videos", names), Evaluators(profile, torch.device("cpu")), run)


@pytest.fixture(params=["empty", "gone"])
def lost(run: Path, request: pytest.FixtureRequest) -> Path:
    (run / RECORD).write_text("") if request.param == "empty" else (run / RECORD).unlink()
    return run


def test_scores_of_another_profile_are_not_taken_for_those_of_the_next_call(lost: Path) -> None:
    assert judge(lost, "brightness", profile=OTHER).computed == 0
    found = open_run(lost)
    assert {row.dimension for row in found.rows()} == {"brightness"}
    assert not found.is_whole
    assert set(found.card.not_evaluated) == {"fragile", "precise"}
    assert "evaluate it again" in found.card.not_evaluated["precise"]


def test_who_made_what_is_kept_is_not_recorded_also_not_by_later_calls(lost: Path) -> None:
    judge(lost, "brightness")
    judge(lost, "precise")
    record = Run(lost).record
    assert record.started == ""
    assert {*record.packages.values(), record.machine["processor"]} == {provenance.NOT_RECORDED}
    assert (record.machine["device"], record.machine["dtype"]) == ("cpu", "float32")  # the keys of the scores say so


def test_what_is_judged_anew_was_made_here(lost: Path) -> None:
    for number in (0, 1):
        write_video(lost.parent / "videos" / f"clip {number}-0.mp4", noise(5, seed=number))
    assert judge(lost, "brightness", "fragile", "precise").reused == 0
    assert Run(lost).record.packages == provenance.packages()


def test_the_same_command_brings_all_back_and_makes_nothing_twice(lost: Path) -> None:
    judge(lost, "brightness")
    outcome = judge(lost, "brightness", "precise")
    assert (outcome.computed, outcome.reused) == (0, 4)
    assert set(Run(lost).card.scores) == {"brightness", "precise"}


def test_a_call_that_cannot_judge_a_dimension_says_so_of_it(lost: Path, empty_cache: Path) -> None:
    judge(lost, "brightness", "weighing")
    assert "vbench weights download" in Run(lost).card.not_evaluated["weighing"]
    assert set(Run(lost).record.dimensions) == {"brightness", "fragile", "precise", "weighing"}


def test_a_record_that_is_lost_twice_still_names_what_was_set_aside(lost: Path) -> None:
    judge(lost, "brightness")
    (lost / RECORD).unlink()
    judge(lost, "brightness")
    assert {"fragile", "precise"} <= Run(lost).card.not_evaluated.keys()


def test_a_shard_whose_record_was_lost_is_not_merged(run: Path, tmp_path: Path) -> None:
    how: dict[str, Any] = {"dimensions": ["temporal_flickering"], "prompts": "a clip", "profile": "lite"}
    shards = [tmp_path / number for number in ("1", "2")]
    for shard in (*shards, shards[1]):
        (shard / RECORD).unlink(missing_ok=True)
        interface.evaluate(run.parent / "videos", **how, shard=f"{shard.name}/2", output=shard)
    with pytest.raises(UsageError, match=r"run.json of .*2 was lost.*evaluate its shard in a new folder\.$"):
        merge(shards, tmp_path / "merged")
