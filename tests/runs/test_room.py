"""A device without room for the usual number of frames gets fewer, and whatever was computed so says it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

import pytest
import torch
from torch import Tensor

from tests.footage import noise, write_video
from vbench.analysis.sensitivity import sweep
from vbench.benchmarks import registry
from vbench.benchmarks.base import DimensionSpec
from vbench.dimensions import profiles
from vbench.dimensions.backbones.base import FlowEstimator, FrameEmbedder
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.consistency import consistency
from vbench.dimensions.profiles import Profile
from vbench.media.video import Video
from vbench.prompts.suite import Prompt
from vbench.runs import static_filter
from vbench.runs.custom_plan import custom_plan
from vbench.runs.evaluate import evaluate
from vbench.runs.evaluators import Evaluators
from vbench.runs.record import read_record
from vbench.runs.results import read_rows
from vbench.runs.room import AT_ONCE
from vbench.runs.scorer import Scorer
from vbench.runs.store import FAILED, SCORED


class Narrow(FrameEmbedder):
    """A network on a device that has room for so many frames; it looks at nothing but the mean colour."""

    name: ClassVar[str] = "narrow"
    at_once_on_cpu: ClassVar[int] = 8
    room: ClassVar[int] = 3

    @classmethod
    def load(cls, device: torch.device) -> Self:
        return cls()

    def embed(self, frames: Tensor) -> Tensor:
        if len(frames) > self.room:
            raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {len(frames)} frames.")
        return frames.float().mean((2, 3))


class Wide(Narrow):
    """Another network on the same device, which holds half of the room as long as it is there."""

    name: ClassVar[str] = "wide"
    at_once_on_cpu: ClassVar[int] = 1


class NarrowFlow(FlowEstimator):
    """A flow estimator on such a device, which sees nothing move."""

    name: ClassVar[str] = "narrow_flow"
    at_once_on_cpu: ClassVar[int] = 4
    room: ClassVar[int] = 2

    @classmethod
    def load(cls, device: torch.device) -> Self:
        return cls()

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        if self.at_once > self.room:
            raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {self.at_once} pairs.")
        return torch.zeros(len(first), 2, 8, 8)


class Alike(Dimension):
    """Something to do with it."""

    name: ClassVar[str] = "alike"
    title: ClassVar[str] = "Alike"
    meaning: ClassVar[str] = "The frames have one colour."
    roles: ClassVar[tuple[str, ...]] = ("embedder",)

    embedder: FrameEmbedder

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        return consistency(video, self.embedder)


@pytest.fixture
def crew(monkeypatch: pytest.MonkeyPatch) -> Evaluators:
    monkeypatch.setattr(registry, "_brought", lambda: {"alike": DimensionSpec("alike", f"{__name__}:Alike")})
    brought = {"narrow": f"{__name__}:Narrow", "narrow_flow": f"{__name__}:NarrowFlow"}
    table = {**profiles.BACKBONES.table, **brought}
    monkeypatch.setattr(profiles.BACKBONES, "table", table)
    monkeypatch.setattr(Narrow, "room", 3)
    judges = Profile("narrow", "Of no meaning.", comparable=False, roles={"embedder": "narrow", "flow": "narrow_flow"})
    known = {**profiles.profiles(), "narrow": judges}
    monkeypatch.setattr(profiles, "profiles", lambda: known)
    return Evaluators(judges, torch.device("cpu"))


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for index in range(2):
        write_video(tmp_path / "videos" / f"clip {index}-0.mp4", noise(9, seed=index))
    return tmp_path / "videos"


def test_a_run_goes_on_with_fewer_frames_at_once_and_says_so(crew: Evaluators, videos: Path, tmp_path: Path) -> None:
    evaluate(custom_plan(videos, ["alike"]), crew, tmp_path / "run")
    rows = read_rows(tmp_path / "run")
    assert [row.status for row in rows] == [SCORED, SCORED]
    assert [row.details[AT_ONCE] for row in rows] == [{"narrow": 2}] * 2
    assert read_record(tmp_path / "run").machine[AT_ONCE] == {"narrow": 2}


def test_the_score_is_that_of_a_device_with_room(
    crew: Evaluators, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate(custom_plan(videos, ["alike"]), crew, tmp_path / "little")
    monkeypatch.setattr(Narrow, "room", 8)
    evaluate(custom_plan(videos, ["alike"]), Evaluators(crew.profile, crew.device), tmp_path / "much")
    little, much = (read_rows(tmp_path / name) for name in ("little", "much"))
    assert [row.value for row in little] == [row.value for row in much]
    assert all(AT_ONCE not in row.details for row in much)
    assert AT_ONCE not in read_record(tmp_path / "much").machine


def test_without_room_for_a_single_frame_the_reason_says_what_to_do(
    crew: Evaluators, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Narrow, "room", 0)
    evaluate(custom_plan(videos, ["alike"]), crew, tmp_path / "run")
    for row in read_rows(tmp_path / "run"):
        assert row.status == FAILED
        assert row.reason.startswith("cpu has no room for alike with one frame at a time (CUDA out of memory. Tried")
        assert "fewer --workers" in row.reason


def test_a_failed_unit_is_tried_again_when_there_is_room(
    crew: Evaluators, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Narrow, "room", 0)
    evaluate(custom_plan(videos, ["alike"]), crew, tmp_path / "run")
    monkeypatch.setattr(Narrow, "room", 8)
    outcome = evaluate(custom_plan(videos, ["alike"]), Evaluators(crew.profile, crew.device), tmp_path / "run")
    assert (outcome.computed, outcome.scored) == (2, 2)


def test_what_other_dimensions_hold_is_let_go_of_last(crew: Evaluators) -> None:
    crew.dimension("alike")
    crew._backbones["wide"] = Wide()  # as another dimension would have loaded it
    assert [crew.make_room("alike") for _ in range(3)] == [True] * 3
    assert crew.reduced("alike") == {"narrow": 1}
    assert "wide" in crew._backbones
    assert crew.make_room("alike")
    assert list(crew._backbones) == ["narrow"]
    assert not crew.make_room("alike")


def test_other_errors_are_no_want_of_room(
    crew: Evaluators, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Narrow, "embed", lambda self, frames: torch.zeros(2) @ torch.zeros(3))
    evaluate(custom_plan(videos, ["alike"]), crew, tmp_path / "run")
    rows = read_rows(tmp_path / "run")
    assert [row.status for row in rows] == [FAILED, FAILED]
    assert all(row.reason.startswith("RuntimeError: ") and AT_ONCE not in row.details for row in rows)


@pytest.mark.usefixtures("crew")
def test_frames_in_memory_are_scored_with_fewer_at_once_too() -> None:
    assert Scorer(["alike"], profile="narrow", device="cpu").score(noise(9))["alike"].value > 0.99


def test_a_sweep_goes_on_with_fewer_frames_at_once(crew: Evaluators) -> None:
    found = sweep("alike", crew, dial="blur", steps=2, prompts=["a red bus"])
    assert all(mean > 0.9 for mean in found.means)
    assert crew.reduced("alike") == {"narrow": 2}


def test_the_static_filter_goes_on_with_fewer_pairs_at_once(
    crew: Evaluators, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew.filtered = (static_filter.DIMENSION,)
    judge = static_filter.logged(lambda path: static_filter.is_static(crew, path, 0), crew, tmp_path / "log")
    assert judge(videos / "clip 0-0.mp4")
    assert crew.reduced(static_filter.DIMENSION) == {"narrow_flow": 2}
    monkeypatch.setattr(NarrowFlow, "room", 0)
    found = static_filter.filter_static([videos / "clip 1-0.mp4"], ["clip 1"], judge, None, repr)
    assert "no room for temporal_flickering with one frame at a time" in found.unjudged[videos / "clip 1-0.mp4"]
