"""Show-1's schedulers, read as published, step as in the version of diffusers that they are published for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.generators.network_goldens import distance, seeded_input
from tests.generators.own_goldens import figures
from vbench.generators.models.show_one.loading import read_scheduler

CASES: dict[str, dict[str, Any]] = figures(Path(__file__).parent / "schedulers_golden.json")["cases"]


def stub(clip: Tensor, timestep: Tensor, knows_variance: bool) -> Tensor:
    """Any function would do for a network; it is the one of the figures."""
    noise = torch.tanh(0.7 * clip) * (0.5 + 0.5 * timestep / 1000) + 0.1 * timestep / 1000
    return torch.cat([noise, torch.sin(clip)], dim=1) if knows_variance else noise


def written(folder: Path, config: dict[str, Any]) -> Path:
    (folder / "scheduler_config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize("name", CASES)
def test_a_published_scheduler_steps_as_the_references(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    scheduler, clip = read_scheduler(written(tmp_path, case["config"])), seeded_input("input.x", (3, 3, 4, 5))
    scheduler.set_timesteps(case["steps"])
    for timestep in scheduler.timesteps:
        predicted = stub(clip, timestep, bool(case["config"]["variance_type"]))
        clip = scheduler.step(predicted, timestep, clip).prev_sample
    assert distance(clip, case) < 1e-4


def test_what_a_configuration_says_of_the_last_step_counts(tmp_path: Path) -> None:
    told = {**CASES["show-1-sr2"]["config"], "final_sigmas_type": "zero"}
    assert read_scheduler(written(tmp_path, told)).config.final_sigmas_type == "zero"
