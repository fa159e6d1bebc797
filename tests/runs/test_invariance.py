"""Scores do not depend, to the last bit, on batch size, memory budget or number of workers with as many threads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.footage import noise, write_video
from vbench.dimensions.profiles import profile
from vbench.runs.custom_plan import custom_plan
from vbench.runs.evaluate import evaluate
from vbench.runs.evaluators import Evaluators
from vbench.runs.results import read_rows

FIVE = ["subject_consistency", "background_consistency", "temporal_flickering", "motion_smoothness", "dynamic_degree"]


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    for index in range(3):
        write_video(folder / f"clip {index}-0.mp4", noise(5 + index, 96, 128, seed=index))
    return folder


def scores(videos: Path, folder: Path, **settings: Any) -> dict[tuple[str, str], Any]:
    evaluators = Evaluators(profile("lite"), torch.device("cpu"))
    outcome = evaluate(custom_plan(videos, FIVE), evaluators, folder, **settings)
    assert outcome.scored == 15
    return {(row.video, row.dimension): (row.value, row.weight, list(row.per_frame)) for row in read_rows(folder)}


@pytest.fixture(scope="module")
def expected(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Any]:
    return scores(videos, tmp_path_factory.mktemp("expected"))


def test_memory_budget(videos: Path, expected: dict[tuple[str, str], Any], tmp_path: Path) -> None:
    assert scores(videos, tmp_path / "run", budget=0) == expected


def test_number_of_workers(
    videos: Path, expected: dict[tuple[str, str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", str(torch.get_num_threads()))
    assert scores(videos, tmp_path / "run", processes=2) == expected
