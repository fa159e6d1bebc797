"""What docs/python.md shows runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import vbench

PAGE = (Path(__file__).parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def block(start: str) -> str:
    """The block of code that holds a text."""
    (found,) = [code for code in BLOCKS if start in code]
    return found


def test_scores_of_frames_in_memory() -> None:
    names: dict[str, Any] = {}
    exec(block("scorer = vbench.Scorer"), names)
    assert set(names["scores"]) == {"motion_smoothness", "imaging_quality"}


def test_a_training_loop_and_a_reward() -> None:
    names: dict[str, Any] = {}
    exec(block("def validate"), names)
    exec(block("def reward"), names)
    scorer = vbench.Scorer(["temporal_flickering"], profile="lite", device="cpu")
    logged: dict[str, float] = {}

    def pipeline(prompt: str, seed: int) -> torch.Tensor:
        return torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(seed))

    names["validate"](7, pipeline, scorer, ["one", "two"], lambda step, values: logged.update(values, step=step))
    alone = [scorer.score(pipeline("", seed))["temporal_flickering"].value for seed in (0, 1)]
    assert logged == {"vbench/temporal_flickering": pytest.approx(np.mean(alone)), "step": 7}
    videos = torch.stack([pipeline("", 0), pipeline("", 1)])
    assert names["reward"](videos, ["one", "two"], scorer, {"temporal_flickering": 2.0}) == [2 * one for one in alone]


def test_every_name_in_the_page_is_there() -> None:
    for name in set(re.findall(r"\bvbench\.(\w+)\(", PAGE)):
        assert hasattr(vbench, name)
