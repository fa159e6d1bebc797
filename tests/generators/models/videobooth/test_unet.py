from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.generators.models.lavie.goldens import BOUND, architecture
from tests.generators.network_goldens import distance, inputs, manifest, manifest_shapes, shapes
from tests.generators.techniques_goldens import golden
from vbench.generators.models.videobooth.mapper import Mapper
from vbench.generators.models.videobooth.sampling import guided
from vbench.generators.models.videobooth.unet import VIDEOBOOTH, UNet
from vbench.generators.models.videobooth.weights import REPLACED, whole_mapper
from vbench.parity import seeded

CASES = golden("videobooth_unet_tiny")["cases"]


@pytest.fixture(scope="module")
def network() -> UNet:
    """The reference's small network, with the projections of its small mapper."""
    config = manifest("videobooth_mapper_tiny")["config"]
    unet = UNet(architecture(manifest("videobooth_unet_tiny")["config"]))
    mapper = Mapper(config["input_dim"], config["output_dim"])
    own = seeded.state_dict(manifest("videobooth_unet_tiny"), 0)
    unet.load_state_dict({key: value for key, value in own.items() if not REPLACED.search(key)}, strict=False)
    whole_mapper(unet, mapper).load_state_dict(seeded.state_dict(manifest("videobooth_mapper_tiny"), 0))
    return unet.eval().requires_grad_(False)


def three(*tensors: Tensor) -> Tensor:
    """A batch of what stands alone, what is shown, and what it is shown to."""
    return torch.cat(tensors)


def test_with_the_picture_the_network_says_what_the_reference_says(network: UNet) -> None:
    figures = CASES["conditional_b1_f4_8x12"]
    told = inputs(figures)
    predicted = network(
        three(told["sample"], told["exemplar_latent"], told["sample"]),
        torch.cat([told["timestep"], told["exemplar_timestep"], told["timestep"]]),
        three(told["encoder_hidden_states"], told["exemplar_encoder_hidden_states"], told["encoder_hidden_states"]),
    )
    assert distance(predicted[2:], figures) < BOUND


def test_without_the_picture_the_network_says_what_the_reference_says(network: UNet) -> None:
    figures = CASES["unconditional_b1_f4_8x12"]
    told = inputs(figures)
    latents, text = told["sample"], told["encoder_hidden_states"]
    predicted = network(three(latents, latents.flip(2), latents), told["timestep"].expand(3), text.expand(3, -1, -1))
    assert distance(predicted[:1], figures) < BOUND


def test_guidance_is_the_references(network: UNet) -> None:
    figures = CASES["guided_b2_f3_8x8"]
    told = inputs(figures)
    latents, exemplar, timestep = told["sample"][:1], told["exemplar_latent"][:1], told["timestep"][0]
    prompt, negative = told["encoder_hidden_states"].chunk(2)
    text = three(negative, told["exemplar_encoder_hidden_states"][:1], prompt)
    found = guided(network, text, 4.0, latents, exemplar, timestep)
    alone = network(three(latents, exemplar, latents), timestep.expand(3), text)[:1]
    other_half = torch.cat([found[:, :3], alone[:, 3:]], dim=1)  # which the reference carries along unused
    assert distance(torch.cat([found, other_half]), figures) < BOUND


def test_the_mapper_says_what_the_reference_says() -> None:
    small, figures = manifest("videobooth_mapper_tiny"), golden("videobooth_mapper_tiny")["cases"]["b2_n5"]
    mapper = Mapper(small["config"]["input_dim"], small["config"]["output_dim"])
    state = seeded.state_dict(small, 0)
    mapper.load_state_dict({key: state[key] for key in mapper.state_dict()})
    told = inputs(figures)
    with torch.inference_mode():
        words = mapper([told[f"image_embedding_{depth}"] for depth in range(5)])
    assert distance(words, figures) < BOUND


def test_the_published_networks_have_the_keys_and_shapes_of_their_checkpoints() -> None:
    with torch.device("meta"):
        network, mapper = UNet(VIDEOBOOTH), Mapper()
    assert shapes(whole_mapper(network, mapper)) == manifest_shapes("videobooth_mapper")
    ours, theirs = shapes(network), manifest_shapes("videobooth_unet")
    assert {key: shape for key, shape in ours.items() if "exemplar" not in key} == theirs
    assert architecture(manifest("videobooth_unet")["config"]) == VIDEOBOOTH
    assert all(REPLACED.search(key) for key in ours if key not in theirs)
