"""A run's record tells of every score that it keeps, by whichever call it was made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests import toys
from tests.footage import noise, write_video
from vbench import provenance
from vbench.errors import UsageError
from vbench.runs.custom_plan import custom_plan
from vbench.runs.evaluate import evaluate
from vbench.runs.evaluators import Evaluators
from vbench.runs.record import RunRecord, read_record

pytestmark = pytest.mark.usefixtures("toy_dimensions")


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    return write_video(tmp_path / "videos" / "clip-0.mp4", noise(4)).parent


@pytest.fixture
def weights(empty_cache: Path) -> Path:
    path = empty_cache / "amt_model/amt-s.pth"
    path.parent.mkdir(parents=True)
    torch.save({"a": torch.zeros(1)}, path)
    return path


def judged(videos: Path, *names: str) -> RunRecord:
    run = videos.parent / "run"
    evaluate(custom_plan(videos, names), Evaluators(toys.PROFILE, torch.device("cpu")), run)
    return read_record(run)


def raised(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(toys.SPECS, name, replace(toys.SPECS[name], version=2))


def on_another_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """On another machine, with another PyTorch."""
    packages, machine = provenance.packages() | {"torch": "99.0"}, provenance.machine
    monkeypatch.setattr(provenance, "packages", lambda: packages)
    monkeypatch.setattr(provenance, "machine", lambda *asked: {**machine(*asked), "processor": "Another"})


def test_checkpoints_of_dimensions_that_an_earlier_call_judged_stay(videos: Path, weights: Path) -> None:
    first = judged(videos, "weighing")
    both = judged(videos, "brightness")
    assert both.checkpoints == first.checkpoints
    assert first.checkpoints.keys() == {"amt_s"}


def test_a_dimension_that_was_judged_by_an_older_version_keeps_it(
    videos: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(videos, "brightness", "weighing")
    raised(monkeypatch, "weighing")
    assert judged(videos, "brightness").dimension_versions == {"brightness": 1, "weighing": 1}
    assert judged(videos, "weighing").dimension_versions == {"brightness": 1, "weighing": 2}


def test_what_cannot_be_judged_now_keeps_what_it_was_judged_with(
    videos: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = judged(videos, "brightness", "weighing")
    weights.unlink()
    raised(monkeypatch, "weighing")
    now = judged(videos, "brightness", "weighing")
    assert "weighing" in now.not_evaluated
    assert now.checkpoints == first.checkpoints
    assert now.dimension_versions == {"brightness": 1, "weighing": 1}


@pytest.mark.parametrize("names", [("brightness", "precise"), ("precise",)])
def test_machines_and_packages_are_those_of_all_calls(
    videos: Path, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = judged(videos, "brightness")
    on_another_day(monkeypatch)
    same = judged(videos, "brightness")  # computes nothing
    assert (same.packages, same.machine) == (first.packages, first.machine)
    for _ in range(2):  # the third call tells no more than the second
        now = judged(videos, *names)
        assert now.packages["torch"] == f"{first.packages['torch']}; 99.0"
        assert now.machine["processor"] == f"{first.machine['processor']}; Another"
        assert now.machine["device"] == "cpu"


def test_of_what_was_judged_anew_the_last_call_tells(videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged(videos, "brightness")
    on_another_day(monkeypatch)
    raised(monkeypatch, "brightness")
    now = judged(videos, "brightness")
    assert (now.packages["torch"], now.machine["processor"]) == ("99.0", "Another")


def test_a_run_has_one_file_of_each_checkpoint(videos: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toys.Brightness, "roles", ("scale",))
    judged(videos, "weighing")
    torch.save({"a": torch.ones(1)}, weights)
    with pytest.raises(UsageError, match="weighing was judged with another file of amt_s; name it, too"):
        judged(videos, "brightness")
    assert judged(videos, "brightness", "weighing").checkpoints["amt_s"]["sha256"]
