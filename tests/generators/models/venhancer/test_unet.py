"""VEnhancer's networks against the reference's figures."""

from __future__ import annotations

import pytest
import torch

from tests.generators.models.venhancer.tiny import unet
from tests.generators.network_goldens import distance, inputs, manifest, manifest_shapes, seeded_network, shapes
from tests.generators.techniques_goldens import golden
from vbench.generators.models.venhancer.control import Hint
from vbench.generators.models.venhancer.unet import UNet
from vbench.generators.models.venhancer.weights_files import PUBLISHED


@pytest.mark.parametrize("case", ["b2_f5_8x12_keys_0_2_4", "b1_f4_12x8_all_keys"])
def test_output_is_the_references(case: str) -> None:
    network = seeded_network(unet(manifest("venhancer_tiny")["config"]), "venhancer_tiny")
    wanted = golden("venhancer_tiny")["cases"][case]
    given = inputs(wanted)
    hint = Hint(given["hint"], given["t_hint"], given["up_scale"], given["mask_cond"] == 0)
    assert distance(network(given["x"], given["t"], given["y"], hint), wanted) < 1e-4


def test_full_size_has_the_published_keys_and_shapes() -> None:
    with torch.device("meta"):
        network = UNet(PUBLISHED.plan, PUBLISHED.first_heads)
    assert shapes(network) == manifest_shapes("venhancer")
    with torch.device("meta"):
        assert shapes(unet(manifest("venhancer")["config"])) == shapes(network)
