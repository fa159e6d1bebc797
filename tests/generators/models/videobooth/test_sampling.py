from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from vbench.generators.models.inflated_sd.sampling import scheduled
from vbench.generators.models.seine.model import ddpm
from vbench.generators.models.videobooth.sampling import shown

SHAPE = (1, 4, 2, 3, 3)


class Witness:
    """Keeps what it is given and predicts no noise."""

    def __init__(self) -> None:
        self.seen: list[tuple[Tensor, Tensor, Tensor]] = []

    def __call__(self, latents: Tensor, timestep: Tensor, text: Tensor) -> Tensor:
        self.seen.append((latents, timestep, text))
        return torch.zeros_like(latents)


def test_at_each_step_the_picture_gets_new_noise_before_the_steps_own() -> None:
    drawn = torch.Generator().manual_seed(3)
    start, picture = torch.randn(SHAPE, generator=drawn), torch.randn(SHAPE, generator=drawn)
    expected = torch.Generator()
    expected.set_state(drawn.get_state())
    network: Any = Witness()
    scheduler, text = ddpm(), torch.arange(3.0)[:, None, None]
    scheduled(shown(network, text, 4.0, picture, scheduler, drawn), start, scheduler, 3, drawn)
    betas = torch.linspace(0.0001, 0.02, 1000, dtype=torch.float64)
    for step, timestep in enumerate((999, 500, 0)):
        noise = torch.randn(SHAPE, generator=expected)
        signal = float((1 - betas).cumprod(0)[timestep])
        latents, times, told = network.seen[step]
        torch.testing.assert_close(latents[1:2], signal**0.5 * picture + (1 - signal) ** 0.5 * noise)
        assert torch.equal(latents[0], latents[2])
        assert times.tolist() == [timestep] * 3
        assert torch.equal(told, text)
        torch.randn(SHAPE, generator=expected)  # the step's own


def test_the_clips_own_latents_start_from_its_noise() -> None:
    network: Any = Witness()
    scheduler, start = ddpm(), torch.randn(SHAPE)
    predict = shown(network, torch.zeros(3, 1, 1), 4.0, torch.zeros(SHAPE), scheduler, torch.Generator())
    scheduled(predict, start, scheduler, 2, torch.Generator())
    assert torch.equal(network.seen[0][0][:1], start)
