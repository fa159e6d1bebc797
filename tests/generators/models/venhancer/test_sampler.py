"""VEnhancer's schedule and sampler against the reference's figures and what must hold anyway."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tests.generators.models.videocrafter.test_schedule import stub
from tests.generators.network_goldens import distance, seeded_input
from tests.generators.techniques_goldens import golden
from vbench.generators.models.venhancer.sampler import Schedule, deviations, guided, sample


@pytest.mark.parametrize("steps", [15, 50])
def test_sampling_is_the_references(steps: int) -> None:
    case = golden("samplers")["cases"][f"venhancer_{steps}_steps"]
    schedule, shape, told = Schedule(), tuple(case["input_shape"]), list[int]()
    noise = (seeded_input(f"noise.{place}", shape) for place in range(steps))

    def denoise(latents: Tensor, sigma: float) -> Tensor:
        told.append(schedule.timestep(sigma))
        velocity = stub(latents, told[-1])
        return schedule.clean(latents, guided(velocity + 0.2, velocity - 0.1, 7.5, 0.2), told[-1])

    latents = sample(denoise, seeded_input("input.x", shape), schedule.sigmas(steps), lambda: next(noise))
    assert len(told) == steps
    assert told[: len(case["model_timesteps_two_calls_per_step"])] == case["model_timesteps_two_calls_per_step"]
    assert distance(latents, case) < 1e-4


def test_deviations_are_the_references() -> None:
    wanted = golden("samplers")["cases"]["venhancer_50_steps"]["sigma_0_1_500_998_999"]
    torch.testing.assert_close(deviations()[[0, 1, 500, 998, 999]], torch.tensor(wanted), atol=1e-7, rtol=1e-4)


@pytest.mark.parametrize("steps", [1, 2, 15, 50, 100])
def test_sigmas_fall_from_infinity_to_nothing(steps: int) -> None:
    sigmas = Schedule().sigmas(steps)
    assert math.isinf(sigmas[0])
    assert sigmas[-1] == 0
    assert sorted(sigmas, reverse=True) == sigmas
    assert len(sigmas) == steps + 1


def test_timesteps_are_found_again() -> None:
    schedule = Schedule()
    for timestep in (1, 10, 500, 900, 998):
        assert schedule.timestep(float(schedule.logs[timestep].exp())) == timestep
    assert schedule.timestep(math.inf) == 999


def test_a_known_video_is_found() -> None:
    schedule, video = Schedule(), torch.randn(1, 4, 2, 3, 3)
    found = sample(
        lambda latents, sigma: video, torch.randn_like(video), schedule.sigmas(8), lambda: torch.randn_like(video)
    )
    assert torch.equal(found, video)


def test_the_last_timestep_is_pure_noise() -> None:
    noise = torch.randn(5)
    torch.testing.assert_close(Schedule().noised(torch.ones(5), noise, 999), noise)


def test_fewer_noise_levels_begin_at_their_timestep() -> None:
    schedule = Schedule()
    sigmas = schedule.sigmas(45, 900)
    assert len(sigmas) == 46
    assert schedule.timestep(sigmas[0]) == 899
    assert sorted(sigmas, reverse=True) == sigmas
    video, start = torch.randn(1, 4, 2, 3, 3), torch.randn(1, 4, 2, 3, 3)
    assert torch.equal(sample(lambda latents, sigma: video, start, sigmas, lambda: torch.randn_like(video)), video)


def test_guidance_keeps_some_of_the_deviation() -> None:
    conditional, unconditional = torch.randn(2, 4, 50), torch.randn(2, 4, 50)
    torch.testing.assert_close(guided(conditional, unconditional, 1.0, 0.2), conditional)
    whole = guided(conditional, unconditional, 7.5, 1.0)
    torch.testing.assert_close(whole.flatten(1).std(1), conditional.flatten(1).std(1))
