"""What is foreseen to have no score has none, and what is not foreseen has one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.footage import noise, write_video
from vbench.dimensions.profiles import profile
from vbench.media.decode import VideoFacts
from vbench.runs.custom_plan import custom_plan
from vbench.runs.evaluate import evaluate
from vbench.runs.evaluators import Evaluators
from vbench.runs.foreseen import foreseen
from vbench.runs.preflight import check
from vbench.runs.results import read_rows

LITE = (
    "subject_consistency", "background_consistency", "temporal_flickering", "motion_smoothness", "dynamic_degree",
    "imaging_quality",
)  # fmt: skip


@pytest.fixture
def lite() -> Evaluators:
    return Evaluators(profile("lite"), torch.device("cpu"))


@pytest.mark.parametrize(
    ("frames", "height", "width", "without"),
    [
        (1, 200, 256, {"subject_consistency", "background_consistency", "temporal_flickering", "motion_smoothness",
                       "dynamic_degree"}),
        (2, 200, 256, {"motion_smoothness"}),
        (3, 200, 256, set()),
        (3, 48, 64, {"imaging_quality"}),
        (3, 46, 64, {"imaging_quality", "motion_smoothness", "dynamic_degree"}),
    ],
)  # fmt: skip
def test_what_is_foreseen_comes_true_and_nothing_else(
    frames: int, height: int, width: int, without: set[str], lite: Evaluators, tmp_path: Path
) -> None:
    write_video(tmp_path / "videos" / "a-0.mp4", noise(frames, height, width), fps=8)
    plan = custom_plan(tmp_path / "videos", LITE)
    facts: dict[str, VideoFacts] = {}
    list(check(plan, facts=facts))
    told = list(foreseen(plan, lite, facts))
    assert {one.dimension for one in told} == without
    evaluate(plan, lite, tmp_path / "run")
    rows = {row.dimension: row for row in read_rows(tmp_path / "run")}
    assert {name for name, row in rows.items() if row.value is None} == without
    for one in told:
        assert (one.videos, one.first) == (1, "a-0.mp4")
        assert one.why.startswith("too short") or one.why in rows[one.dimension].reason


@pytest.mark.parametrize("side", [112, 113, 120, 121, 128])
def test_networks_say_beforehand_what_they_refuse(side: int) -> None:
    from vbench.dimensions.backbones.amt import AMT
    from vbench.dimensions.backbones.raft import RAFT

    assert bool(AMT.too_small(side, 256)) == (side < 113)
    assert bool(RAFT.too_small(256, side)) == (side < 121)


@pytest.mark.usefixtures("empty_cache")
def test_missing_weights_are_foreseen_with_the_command(tmp_path: Path) -> None:
    write_video(tmp_path / "a-0.mp4", noise(4))
    plan = custom_plan(tmp_path, ["temporal_flickering", "motion_smoothness"])
    (told,) = foreseen(plan, Evaluators(profile("official"), torch.device("cpu")), {})
    assert told.dimension == "motion_smoothness"
    assert "vbench weights download amt_s" in told.why
