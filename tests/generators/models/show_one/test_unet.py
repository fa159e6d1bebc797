"""Show-1's networks against the reference's figures."""

from __future__ import annotations

import pytest
import torch

from tests.generators.models.show_one.tiny import GOLDEN
from tests.generators.network_goldens import distance, inputs
from tests.generators.own_goldens import keys, seeded_by_name
from vbench.generators.models.show_one.unet import FrameUNet


@pytest.mark.parametrize("stage", GOLDEN["cases"])
def test_output_is_the_references(stage: str) -> None:
    case = GOLDEN["cases"][stage]
    network, given = FrameUNet(case["config"]).eval(), inputs(case)
    assert keys(network.network) == case["keys"]
    seeded_by_name(network.network)
    output = network(given["x"], torch.tensor(501), given["text"], given.get("labels"))
    assert distance(output, case) < 1e-4


@torch.inference_mode()
@pytest.mark.parametrize("stage", ["keys", "between"])
def test_frames_see_each_other(stage: str) -> None:
    network = FrameUNet(GOLDEN["cases"][stage]["config"]).eval()
    seeded_by_name(network.network)
    clip, text = torch.randn(1, network.network.config.in_channels, 3, 8, 8), torch.randn(1, 5, 12)
    together = network(clip, torch.tensor(10), text)
    assert not torch.allclose(together[:, :, :1], network(clip[:, :, :1], torch.tensor(10), text), atol=1e-3)
