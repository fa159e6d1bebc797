"""VideoCrafter's U-Net against the reference's figures."""

from __future__ import annotations

import pytest
import torch

from tests.generators.models.videocrafter.tiny import unet
from tests.generators.network_goldens import (
    distance,
    inputs,
    manifest,
    manifest_shapes,
    seeded_network,
    shapes,
)
from tests.generators.techniques_goldens import golden
from vbench.generators.models.videocrafter.unet import UNet, attend_in_windows
from vbench.generators.models.videocrafter.weights_files import MODELS

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


@torch.inference_mode()
def test_one_window_is_all_frames_and_more_are_others() -> None:
    config = manifest("videocrafter2_tiny")["config"]
    network, windowed = (seeded_network(unet(config), "videocrafter2_tiny") for _ in range(2))
    assert isinstance(windowed, UNet)
    attend_in_windows(windowed, 4, 2)
    for frames, same in ((4, True), (8, False)):
        given = torch.randn(1, 4, frames, 8, 8), torch.tensor([500]), torch.randn(1, 5, 24), torch.tensor([28])
        difference = (network(*given) - windowed(*given)).abs().max()
        assert (difference < 1e-5) == same


@pytest.mark.parametrize("name", NAMES)
def test_full_size_has_the_published_keys_and_shapes(name: str) -> None:
    with torch.device("meta"):
        network = unet(manifest(name)["config"])
    assert shapes(network) == manifest_shapes(name)
    assert network.plan == MODELS[GENERATORS[name]].plan
