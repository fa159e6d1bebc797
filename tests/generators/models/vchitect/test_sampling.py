"""Guidance gives the reference's table, and the loop is plain Euler."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from torch import Tensor

from tests.generators.network_goldens import seeded_input
from tests.generators.techniques_goldens import golden
from vbench.generators.models.vchitect.sampling import constant, published, sampled

CASE = golden("samplers")["cases"]["vchitect2_guidance"]

GUIDANCE = 7.5


def scheduler() -> Any:
    """Stable Diffusion 3's."""
    return FlowMatchEulerDiscreteScheduler(shift=3.0)


def test_guidance_is_the_references_at_every_step() -> None:
    steps = CASE["steps"]
    flow = scheduler()
    flow.set_timesteps(steps)
    places = [0, 1, 2, 50, -2, -1]
    assert [float(flow.timesteps[place]) for place in places] == CASE["timesteps_first_last"]
    found = [published(float(timestep), steps, GUIDANCE) for timestep in flow.timesteps]
    assert found == pytest.approx(CASE["guidance"], abs=1e-6)
    assert {constant(float(timestep), steps, GUIDANCE) for timestep in flow.timesteps} == {GUIDANCE}


def test_a_constant_velocity_leads_straight_from_noise_to_the_video() -> None:
    noise, video = seeded_input("noise", (2, 4, 3, 3)), seeded_input("video", (2, 4, 3, 3))

    def predict(latents: Tensor, timestep: Tensor) -> Tensor:
        return noise - video

    led = sampled(predict, predict, noise, scheduler(), 5, GUIDANCE, published)
    assert torch.allclose(led, video, atol=1e-5)


def test_guidance_goes_away_from_the_negative_prompt() -> None:
    noise = seeded_input("noise", (2, 4, 3, 3))

    def prompt(latents: Tensor, timestep: Tensor) -> Tensor:
        return torch.ones_like(latents)

    def negative(latents: Tensor, timestep: Tensor) -> Tensor:
        return torch.zeros_like(latents)

    assert torch.allclose(sampled(prompt, negative, noise, scheduler(), 4, 3.0, constant), noise - 3, atol=1e-5)


def test_without_guidance_the_negative_prompt_is_not_asked() -> None:
    noise = seeded_input("noise", (1, 4, 2, 2))

    def negative(latents: Tensor, timestep: Tensor) -> Tensor:
        raise AssertionError("asked")

    sampled(lambda latents, timestep: latents, negative, noise, scheduler(), 3, 1.0, constant)
