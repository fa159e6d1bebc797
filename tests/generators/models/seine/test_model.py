from __future__ import annotations

import doctest
from itertools import count
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.generators.models.lavie.goldens import BOUND, architecture
from tests.generators.models.lavie.test_sampling import stub
from tests.generators.network_goldens import (
    distance,
    inputs,
    manifest,
    manifest_shapes,
    seeded_input,
    seeded_network,
    shapes,
)
from tests.generators.techniques_goldens import golden
from vbench.generators.models.inflated_sd.sampling import kept_timesteps, scheduled
from vbench.generators.models.inflated_sd.unet import UNet
from vbench.generators.models.seine import tasks
from vbench.generators.models.seine.model import ARCHITECTURE, beside, ddpm, resized
from vbench.generators.models.seine.tasks import mask


@pytest.mark.parametrize("case", golden("seine_tiny")["cases"])
def test_the_network_says_what_the_reference_says(case: str) -> None:
    network = seeded_network(UNet(architecture(manifest("seine_tiny")["config"])), "seine_tiny")
    figures = golden("seine_tiny")["cases"][case]
    given = inputs(figures)
    seen = torch.cat([given["sample"], beside(given["masked_latents"], given["frame_mask"])], dim=1)
    predicted = network(seen, given["timestep"], given["encoder_hidden_states"])
    assert distance(predicted, figures) < BOUND


def test_the_published_network_has_the_keys_and_shapes_of_its_checkpoint() -> None:
    with torch.device("meta"):
        network = UNet(ARCHITECTURE)
    assert shapes(network) == manifest_shapes("seine")
    assert architecture(manifest("seine")["config"]) == ARCHITECTURE


@pytest.mark.parametrize("steps", [50, 8])
def test_ddpm_over_kept_timesteps_samples_as_the_reference(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = count()

    def draw(shape: Any, *args: object, **kwargs: object) -> Tensor:
        return seeded_input(f"noise.{next(numbers)}", tuple(shape))

    monkeypatch.setattr("diffusers.schedulers.scheduling_ddpm.randn_tensor", draw)
    figures = golden("samplers")["cases"][f"spaced_{steps}_steps"]
    start = seeded_input("input.x", figures["input_shape"])
    assert distance(scheduled(stub, start, ddpm(), steps, torch.Generator()), figures["ddpm"]) < BOUND


def test_the_published_timesteps_are_the_references() -> None:
    told = golden("samplers")["cases"]["spaced_250_steps"]["timesteps_ascending"]
    scheduler = ddpm()
    scheduler.set_timesteps(told["count"])
    kept = kept_timesteps(told["count"])
    assert kept == scheduler.timesteps.tolist()[::-1]
    assert kept[: len(told["first"])] == told["first"]
    assert kept[-len(told["last"]) :] == told["last"]


MASKS = {"first1": (1, 0), "first3": (3, 0), "onelast1": (1, 1), "onelast2": (2, 2), "all": (0, 0)}


@pytest.mark.parametrize("name", MASKS)
def test_masks_are_the_references(name: str) -> None:
    figures = golden("conditioning")["seine_masks_1_is_generate"][name]
    assert mask(figures["frames"], *MASKS[name]) == figures["mask_per_frame"]
    assert doctest.testmod(tasks).failed == 0


def test_pictures_are_stretched_and_centred() -> None:
    picture = torch.cat([torch.zeros(3, 4, 2), torch.full((3, 4, 2), 255.0)], dim=2).to(torch.uint8)
    stretched = resized(picture, 8, 16)
    assert stretched.shape == (1, 3, 8, 16)
    assert stretched[0, 0, 0, [0, -1]].tolist() == [-1, 1]
