from __future__ import annotations

import doctest
from itertools import count
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.generators.models.lavie.goldens import BOUND
from tests.generators.network_goldens import distance, seeded_input
from tests.generators.techniques_goldens import golden
from vbench.generators.models.inflated_sd import sampling
from vbench.generators.models.inflated_sd.sampling import (
    SCHEDULERS,
    SpacedDDPM,
    guided,
    kept_timesteps,
    refined,
    scheduled,
    spaced_ddim,
)
from vbench.generators.models.inflated_sd.unet import Architecture, UNet
from vbench.generators.models.lavie import interpolation
from vbench.generators.models.lavie.interpolation import keys_of_frames
from vbench.generators.models.lavie.weights_files import SCHEDULERS as NAMES

CASES = golden("samplers")["cases"]


def stub(latents: Tensor, timestep: Tensor) -> Tensor:
    """The model of the sampler figures."""
    time = timestep / 1000
    return torch.tanh(0.7 * latents) * (0.5 + 0.5 * time) + 0.1 * time


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The noise that schedulers add is the reference's."""
    numbers = count()

    def draw(shape: Any, *args: object, **kwargs: object) -> Tensor:
        return seeded_input(f"noise.{next(numbers)}", tuple(shape))

    monkeypatch.setattr("diffusers.schedulers.scheduling_ddpm.randn_tensor", draw)


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("steps", [50, 8])
@pytest.mark.parametrize("name", ["ddpm", "ddim", "eulerdiscrete"])
def test_the_base_models_schedulers_sample_as_the_reference(name: str, steps: int) -> None:
    figures = CASES[f"lavie_base_{steps}_steps"]
    expected = figures["ddim_eta0" if name == "ddim" else name]
    start = seeded_input("input.x", figures["input_shape"])
    scheduler = SCHEDULERS[name]()
    assert distance(scheduled(stub, start, scheduler, steps, torch.Generator()), expected) < BOUND
    if "timesteps" in expected:
        assert scheduler.timesteps.tolist() == expected["timesteps"]


@pytest.mark.parametrize("steps", [50, 8])
def test_ddim_over_kept_timesteps_samples_as_the_reference(steps: int) -> None:
    figures = CASES[f"spaced_{steps}_steps"]
    assert kept_timesteps(steps) == figures["timesteps_ascending"]
    start = seeded_input("input.x", figures["input_shape"])
    assert distance(spaced_ddim(stub, start, steps), figures["ddim_eta0"]) < BOUND


HALFWAY = {
    21: [0, 50, 100, 150, 200, 250, 300, 350, 400, 450, 499, 549, 599, 649, 699, 749, 799, 849, 899, 949, 999],
    23: [0, 45, 91, 136, 182, 227, 272, 318, 363, 409, 454, 499, 545, 590, 636, 681, 727, 772, 817, 863, 908, 954, 999],
}  # fmt: skip
"""What ``space_timesteps(1000, "21")`` of Vchitect/SEINE@bd8d519, diffusion/respace.py, gives; it was run as it is."""


@pytest.mark.parametrize("steps", HALFWAY)
def test_a_timestep_half_way_between_two_is_rounded_as_the_references(steps: int) -> None:
    assert kept_timesteps(steps) == HALFWAY[steps]
    scheduler = SpacedDDPM("fixed_large")
    scheduler.set_timesteps(steps)
    assert scheduler.timesteps.tolist() == HALFWAY[steps][::-1]


def test_each_new_frame_is_given_the_references_key() -> None:
    figures = golden("conditioning")
    assert keys_of_frames(16) == figures["lavie_interpolation_key_of_each_condition_frame"]
    assert figures["lavie_interpolation_source_of_each_input_frame"]["16"][::4] == list(range(16))


def test_examples_and_names() -> None:
    assert doctest.testmod(sampling).failed == doctest.testmod(interpolation).failed == 0
    assert tuple(SCHEDULERS) == NAMES


def test_guidance_of_one_is_the_prompts_and_of_nothing_the_negative_prompts() -> None:
    torch.manual_seed(0)
    network = UNet(Architecture(widths=(64,), attends=(True,), only_text=(False,), layers=1, heads=2, text_width=8))
    latents, text, time = torch.randn(1, 4, 2, 4, 4), torch.randn(2, 3, 8), torch.tensor(500)
    with torch.inference_mode():
        for guidance, which in ((0.0, 0), (1.0, 1)):
            alone = network.eval()(latents, time[None], text[which : which + 1])
            torch.testing.assert_close(guided(network, text, guidance)(latents, time), alone, atol=1e-5, rtol=1e-5)


def test_refined_noise_keeps_the_low_frequencies_of_the_sample() -> None:
    source = torch.Generator().manual_seed(0)
    first = torch.randn(1, 4, 8, 16, 16, generator=source)
    flat = torch.full_like(first, 100.0)
    scheduler = SCHEDULERS["ddpm"]()
    noise = refined(flat, first, scheduler, source)
    expected = 100 * float(scheduler.alphas_cumprod[-1]) ** 0.5 + float(first.mean())
    assert abs(float(noise.mean()) - expected) < 0.02
    assert abs(float((noise - noise.mean()).std()) - 1) < 0.1
