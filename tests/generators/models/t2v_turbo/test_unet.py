"""T2V-Turbo's U-Net, LoRA and sampler against the reference's figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.generators.network_goldens import distance, seeded_input
from tests.generators.own_goldens import figures, keys, seeded_by_name
from vbench.errors import UsageError
from vbench.generators.models.ldm.sizes import Plan
from vbench.generators.models.t2v_turbo.consistency import sampled, timesteps
from vbench.generators.models.t2v_turbo.unet import GuidedUNet, Lora, changed_layers, merged
from vbench.generators.models.videocrafter.unet import UNet
from vbench.generators.models.videocrafter.weights_files import MODELS

GOLDEN = figures(Path(__file__).parent / "golden.json")
CASES: dict[str, dict[str, Any]] = GOLDEN["cases"]
PLAN = Plan(width=32, multipliers=(1, 2), residual_blocks=1, attention_levels=1, head_width=16, text_width=16)


def asked(network: GuidedUNet, motion: float | None) -> torch.Tensor:
    latents, text = seeded_input("input.x", (1, 4, 3, 8, 8)), seeded_input("input.context", (1, 77, 16))
    beside = network.told(7.5, motion)
    noise: torch.Tensor = network(latents, torch.tensor([759]), text, torch.tensor([16.0]), beside)
    return noise


@pytest.mark.parametrize(("name", "motion"), [("v1", None), ("v2", 0.05)])
def test_output_is_the_references(name: str, motion: float | None) -> None:
    network = seeded_by_name(GuidedUNet(PLAN, motion is not None))
    assert isinstance(network, GuidedUNet)
    assert keys(network) == CASES[name]["keys"]
    assert distance(asked(network, motion), CASES[name]) < 1e-4


def test_a_lora_lands_where_the_references_does() -> None:
    network = GuidedUNet(PLAN, knows_motion=False).eval().requires_grad_(False)
    lora = Lora(network)
    assert len(lora) == CASES["lora"]["tensors"]
    tensors = {name: 0.1 * seeded_input(f"lora.{name}", tuple(one.shape)) for name, one in lora.named_parameters()}
    lora.load_state_dict(tensors)
    base = seeded_by_name(UNet(PLAN, knows_fps=True))
    network.load_state_dict(merged(network, lora, base.state_dict()))
    assert distance(asked(network, None), CASES["lora"]) < 1e-4


def test_full_size_has_the_published_keys_and_shapes() -> None:
    with torch.device("meta"):
        first, second = (GuidedUNet(MODELS["videocrafter2"].plan, knows_motion) for knows_motion in (False, True))
        lora = Lora(first)
    assert {"v1": keys(first), "v2": keys(second), "lora": keys(lora)} == GOLDEN["published"]
    assert next(name for name in changed_layers(second) if "cond" in name) == "time_cond_proj"


def stub(latents: torch.Tensor, timestep: int) -> torch.Tensor:
    """Any function would do; it is the one of the figures."""
    return torch.tanh(0.7 * latents) * (0.5 + 0.5 * timestep / 1000) + 0.1 * timestep / 1000


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("sampler")])
def test_sampling_is_the_references(name: str) -> None:
    number, levels = map(int, name.split("_")[1:])
    steps = timesteps(number, levels)
    assert steps == CASES[name]["timesteps"]
    shape, noises = (1, 4, 2, 3, 5), (f"noise.{place}" for place in range(number))
    video = sampled(stub, seeded_input("input.x", shape), steps, lambda: seeded_input(next(noises), shape))
    assert distance(video, CASES[name]) < 1e-4


@pytest.mark.parametrize("number", [0, 51])
def test_more_steps_than_levels_are_refused(number: int) -> None:
    with pytest.raises(UsageError, match=f"ask for 1 to 50 steps, not {number}"):
        timesteps(number, 50)
