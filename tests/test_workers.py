from __future__ import annotations

from pathlib import Path

import torch

from tests.footage import noise, write_video
from vbench.crew import Crew
from vbench.plan import custom_plan
from vbench.profiles import profile
from vbench.results import read_rows
from vbench.run import evaluate


def scores_with(processes: int, videos: Path, folder: Path) -> dict[tuple[str, str], float | None]:
    evaluate(
        custom_plan(videos, ["temporal_flickering", "subject_consistency"]),
        Crew(profile("lite"), torch.device("cpu")),
        folder,
        processes=processes,
    )
    return {(row.video, row.dimension): row.value for row in read_rows(folder)}


def test_several_workers_give_the_scores_of_one(tmp_path: Path) -> None:
    for index in range(4):
        write_video(tmp_path / "videos" / f"clip {index}-0.mp4", noise(4, 96, 128, seed=index))
    assert scores_with(2, tmp_path / "videos", tmp_path / "two") == scores_with(
        1, tmp_path / "videos", tmp_path / "one"
    )
