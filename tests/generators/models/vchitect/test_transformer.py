"""The transformer gives the reference's figures, and has the parameters of the published one."""

from __future__ import annotations

import pytest
import torch

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
from vbench.generators.models.vchitect.transformer import Attention, Sizes, Transformer, rotated

TINY = "vchitect_2_transformer_tiny"
CASES = golden(TINY)["cases"]

BOUND = 1e-4
"""In standard deviations of the output."""


@pytest.fixture(scope="module")
def tiny() -> torch.nn.Module:
    return seeded_network(Transformer(Sizes(**manifest(TINY)["config"])), TINY)


@pytest.mark.parametrize("name", CASES)
def test_it_says_what_the_reference_says(name: str, tiny: torch.nn.Module) -> None:
    given = inputs(CASES[name])
    output = tiny(
        given["hidden_states"][0], given["timestep"], given["encoder_hidden_states"], given["pooled_projections"]
    )
    assert distance(output, CASES[name]) < BOUND


def test_the_published_sizes_have_the_published_parameters() -> None:
    with torch.device("meta"):
        network = Transformer(Sizes(**manifest("vchitect_2_transformer")["config"]))
    assert shapes(network) == manifest_shapes("vchitect_2_transformer")
    numbers = sum(value.numel() for value in network.state_dict().values())
    assert numbers == manifest("vchitect_2_transformer")["parameters"]


def test_frames_know_of_each_other_and_of_the_first_frames_text() -> None:
    torch.manual_seed(0)
    attention = Attention(8, 2, last=False).eval()
    image, text = seeded_input("image", (3, 4, 8)), seeded_input("text", (3, 2, 8))
    with torch.inference_mode():
        whole, _ = attention(image, text)
        other = image.clone()
        other[2] += 1
        assert not torch.allclose(attention(other, text)[0][0], whole[0])
        alone, _ = attention(image[:1], text[:1])
        assert not torch.allclose(alone[0], whole[0])
        for layer in (attention.to_out_temporal, attention.to_add_out_temporal):
            torch.nn.init.zeros_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
        assert torch.allclose(attention(image, text)[0][0], alone[0], atol=1e-6)
        last_text = text.clone()
        last_text[2] += 1
        first_text = text.clone()
        first_text[0] += 1
        without = attention(image, text)[0]
        assert torch.allclose(attention(image, last_text)[0][1], without[1])
        assert not torch.allclose(attention(image, first_text)[0][1], without[1])


def test_rotation_keeps_lengths_and_depends_on_the_distance_alone() -> None:
    states = torch.ones(6, 16)
    turned = rotated(states)
    assert torch.allclose(turned.norm(dim=1), states.norm(dim=1))
    assert torch.equal(turned[0], states[0])
    products = turned @ turned.T
    for offset in range(6):
        diagonal = products.diagonal(offset)
        assert torch.allclose(diagonal, diagonal[0].expand_as(diagonal), atol=1e-5)
