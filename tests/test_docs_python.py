"""What docs/python.md shows runs as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import vbench
from tests import documented

PAGE = (Path(__file__).parents[1] / "docs" / "python.md").read_text(encoding="utf-8")


def block(start: str) -> str:
    """The block of code that holds a text."""
    return documented.block("docs/python.md", start)


def test_scores_of_frames_in_memory() -> None:
    names: dict[str, Any] = {}
    exec(block("scorer = vbench.Scorer"), names)
    assert set(names["scores"]) == {"motion_smoothness", "imaging_quality"}


def test_a_training_loop_and_a_reward(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    scorer = vbench.Scorer(["temporal_flickering"], profile="lite", device="cpu")

    def pipeline(prompt: str, seed: int) -> torch.Tensor:
        return torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(seed))

    names: dict[str, Any] = {
        "vbench": vbench, "scorer": scorer, "pipeline": pipeline, "prompts": ["one", "two"], "batches": range(101),
        "train": lambda batch: None,
    }  # fmt: skip
    exec(block("vbench.ScoreLog("), names)
    logged = [json.loads(line) for line in Path("logs/scores.jsonl").read_text().splitlines()]
    alone = [scorer.score(pipeline("", seed))["temporal_flickering"].value for seed in (0, 1)]
    assert [entry["step"] for entry in logged] == [0, 100]
    assert logged[0]["scores"] == {"temporal_flickering": pytest.approx(np.mean(alone))}
    exec(block("def reward"), names)
    videos = torch.stack([pipeline("", 0), pipeline("", 1)])
    assert names["reward"](videos, ["one", "two"], scorer, {"temporal_flickering": 2.0}) == [2 * one for one in alone]


@pytest.mark.slow
def test_a_gate_inside_a_loop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"vbench": vbench}
    exec(block("def passes"), names)
    vbench.generate("synthetic", "best/videos", suite="demo", samples=1, settings={"frames": 8})
    vbench.evaluate("best/videos", dimensions=["temporal_flickering"], output="best/run")
    assert names["passes"]("synthetic", "best/run", "same")
    assert not names["passes"]("synthetic:flicker=1", "best/run", "bad")


def test_every_name_in_the_page_is_there() -> None:
    for name in set(re.findall(r"\bvbench\.(\w+)\(", PAGE)):
        assert hasattr(vbench, name)
