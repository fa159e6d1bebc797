"""VideoCrafter's DDIM against the reference's figures and what must hold anyway."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.generators.network_goldens import distance, seeded_input
from tests.generators.techniques_goldens import golden
from vbench.errors import UsageError
from vbench.generators.models.videocrafter.schedule import cumulative_alphas, ddim, scales, timesteps

CASES = {
    "videocrafter2_eta1": (50, 1.0, 0.7),
    "videocrafter2_eta0_10": (10, 0.0, 0.7),
    "videocrafter1_512_eta1_10": (10, 1.0, 1.0),
}


def stub(latents: Tensor, timestep: int) -> Tensor:
    """The kit's network: any function would do."""
    return torch.tanh(0.7 * latents) * (0.5 + 0.5 * timestep / 1000) + 0.1 * timestep / 1000


@pytest.mark.parametrize("name", CASES)
def test_sampling_is_the_references(name: str) -> None:
    case = golden("samplers")["cases"][name]
    shape = tuple(case["input_shape"])
    steps = ddim(*CASES[name])
    assert [step.timestep for step in steps][: len(case["timesteps_descending"])] == case["timesteps_descending"]
    latents = seeded_input("input.x", shape)
    for place, step in enumerate(steps):
        latents = step.taken(latents, stub(latents, step.timestep), seeded_input(f"noise.{place}", shape))
    assert len(steps) == case["noise_draws"]
    if case["scale_first_step_and_prev"]:
        assert [steps[0].scale, steps[0].previous_scale] == case["scale_first_step_and_prev"]
    assert distance(latents, case) < 1e-4


def test_a_clean_video_stays_when_its_noise_is_known() -> None:
    clean, noise = torch.randn(2, 4, 3), torch.randn(2, 4, 3)
    steps = ddim(20, eta=0.0)
    latents = steps[0].alpha ** 0.5 * clean + (1 - steps[0].alpha) ** 0.5 * noise
    for step in steps:
        latents = step.taken(latents, noise, torch.zeros_like(noise))
    left = cumulative_alphas()[0]
    torch.testing.assert_close(latents, left**0.5 * clean + (1 - left) ** 0.5 * noise, atol=1e-5, rtol=1e-5)


def test_scale_falls_and_stays() -> None:
    scale = scales(0.7)
    assert (scale[0], len(scale)) == (1, 1000)
    assert (scale[399:] == scale[-1]).all()
    assert (scales(1.0) == 1).all()


@pytest.mark.parametrize(("number", "found"), [(50, 50), (1, 1), (30, 31), (7, 8)])
def test_steps_may_be_more_than_asked(number: int, found: int) -> None:
    assert len(timesteps(number)) == found


@pytest.mark.parametrize("number", [3, 1000, 1001])
def test_spacing_beyond_training_is_refused(number: int) -> None:
    with pytest.raises(UsageError, match="divides 1000"):
        timesteps(number)
