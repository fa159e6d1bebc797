"""VideoCrafter 0.9's U-Net against the reference's figures."""

from __future__ import annotations

from pathlib import Path

import torch

from tests.generators.network_goldens import distance, inputs
from tests.generators.own_goldens import figures, keys, seeded_by_name
from vbench.generators.models.ldm.sizes import Plan
from vbench.generators.models.videocrafter.early_unet import EarlyUNet
from vbench.generators.models.videocrafter.weights_files import MODELS

GOLDEN = figures(Path(__file__).parent / "early_golden.json")
CASE = GOLDEN["cases"]["unet"]
PLAN = Plan(width=32, multipliers=(1, 2), residual_blocks=1, attention_levels=1, text_width=16, distance=16)


def test_output_is_the_references() -> None:
    network, given = seeded_by_name(EarlyUNet(PLAN)), inputs(CASE)
    assert keys(network) == CASE["keys"]
    assert distance(network(given["x"], given["timesteps"], given["context"], torch.zeros(2)), CASE) < 1e-4


def test_full_size_has_the_published_keys_and_shapes() -> None:
    with torch.device("meta"):
        network = EarlyUNet(MODELS["videocrafter-0.9"].plan)
    assert keys(network) == GOLDEN["published"]["unet"]
