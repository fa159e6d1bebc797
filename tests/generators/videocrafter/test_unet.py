"""VideoCrafter's U-Net against the reference's figures."""

from __future__ import annotations

import pytest
import torch

from tests.generators.network_goldens import (
    distance,
    inputs,
    manifest,
    manifest_shapes,
    seeded_network,
    shapes,
)
from tests.generators.techniques_goldens import golden
from tests.generators.videocrafter.tiny import unet
from vbench.generators.videocrafter.published import MODELS

GENERATORS = {"videocrafter2": "videocrafter2", "videocrafter1_t2v": "videocrafter1"}
NAMES = list(GENERATORS)
CASES = ["b2_f5_8x12", "b1_f16_8x8"]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", NAMES)
def test_output_is_the_references(name: str, case: str) -> None:
    network = seeded_network(unet(manifest(f"{name}_tiny")["config"]), f"{name}_tiny")
    wanted = golden(f"{name}_tiny")["cases"][case]
    given = inputs(wanted)
    output = network(given["x"], given["timesteps"], given["context"], given["fps"])
    assert distance(output, wanted) < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_full_size_has_the_published_keys_and_shapes(name: str) -> None:
    with torch.device("meta"):
        network = unet(manifest(name)["config"])
    assert shapes(network) == manifest_shapes(name)
    assert network.plan == MODELS[GENERATORS[name]].plan
