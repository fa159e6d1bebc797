"""What VideoCrafter makes of a picture, against the reference's figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.generators.models.videocrafter.tiny import unet
from tests.generators.network_goldens import distance, inputs
from tests.generators.own_goldens import figures, keys, seeded_by_name
from vbench.generators.models.ldm.sizes import PictureSizes, TextSizes
from vbench.generators.models.videocrafter.picture import PictureTower, Resampler, shrunk
from vbench.generators.models.videocrafter.unet import UNet
from vbench.generators.models.videocrafter.weights_files import MODELS

GOLDEN = figures(Path(__file__).parent / "i2v_golden.json")
CASES: dict[str, dict[str, Any]] = GOLDEN["cases"]
TINY = PictureSizes(width=80, heads=4, layers=2, side=56)


def test_the_networks_attention_to_text_and_picture_is_the_references() -> None:
    plan = replace(unet({**CASES["unet"]["config"], "fps_cond": True}).plan, sees_picture=True)
    network, given = seeded_by_name(UNet(plan, knows_fps=True)), inputs(CASES["unet"])
    assert keys(network) == CASES["unet"]["keys"]
    output = network(given["x"], given["timesteps"], given["context"], given["fps"])
    assert distance(output, CASES["unet"]) < 1e-4


def test_the_towers_tokens_are_the_references() -> None:
    network = seeded_by_name(PictureTower(TINY, TextSizes(width=16, heads=2, layers=2)))
    assert keys(network) == CASES["tower"]["keys"]
    assert distance(network(inputs(CASES["tower"])["picture"]), CASES["tower"]) < 1e-4


def test_resampled_tokens_are_the_references() -> None:
    network = seeded_by_name(Resampler(PictureSizes(width=20, resampled=24, resamplings=2, tokens=4), 16))
    assert keys(network) == CASES["resampler"]["keys"]
    assert distance(network(inputs(CASES["resampler"])["seen"]), CASES["resampler"]) < 1e-4


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("resize")])
def test_pictures_shrink_as_the_references(name: str) -> None:
    assert distance(shrunk(inputs(CASES[name])["picture"], 56), CASES[name]) < 1e-4


def test_full_size_has_the_published_keys_and_shapes() -> None:
    model = MODELS["videocrafter1-i2v"]
    assert model.picture
    with torch.device("meta"):
        networks: dict[str, nn.Module] = {
            "unet": UNet(model.plan, knows_fps=True),
            "tower": PictureTower(model.picture, model.text),
            "resampler": Resampler(model.picture, model.plan.text_width),
        }
    assert {name: keys(network) for name, network in networks.items()} == GOLDEN["published"]
