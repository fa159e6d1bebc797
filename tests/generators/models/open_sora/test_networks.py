"""Open-Sora 1.2's networks and timesteps against the reference's figures."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.generators.network_goldens import distance, seeded_input
from tests.generators.own_goldens import figures, keys, seeded_by_name
from vbench.generators.models.open_sora.flow import flowed, timesteps
from vbench.generators.models.open_sora.prompts import fed
from vbench.generators.models.open_sora.transformer import Sizes, Transformer, stretch
from vbench.generators.models.open_sora.vae import VideoVAE
from vbench.generators.models.open_sora.weights_files import CHUNK

GOLDEN = figures(Path(__file__).parent / "golden.json")
CASES = GOLDEN["cases"]
TINY = Sizes(width=32, depth=2, heads=2, text_width=12, text_tokens=7)


def test_the_transformers_output_is_the_references() -> None:
    network = seeded_by_name(Transformer(TINY))
    assert keys(network) == CASES["transformer"]["keys"]
    latents, text = seeded_input("input.x", (1, 4, 5, 5, 6)), seeded_input("input.text", (1, 1, 7, 12))[:, 0, :4]
    output = network(latents, torch.tensor([713.25]), text, torch.tensor([24.0]), (40, 50))
    assert distance(output, CASES["transformer"]) < 1e-4


def test_a_chunks_frames_are_the_references() -> None:
    vae = VideoVAE(32, (32,) * 4).temporal_vae
    seeded_by_name(vae)
    assert keys(vae) == CASES["vae"]["keys"]
    decoded = vae.decode(seeded_input("input.z", (1, 4, 5, 3, 4)))
    assert decoded.shape[2] == CHUNK
    assert distance(decoded, CASES["vae"]) < 1e-4


def test_full_size_has_the_published_keys_and_shapes() -> None:
    with torch.device("meta"):
        networks = {"transformer": Transformer(Sizes()), "vae": VideoVAE().temporal_vae}
    assert {name: keys(network) for name, network in networks.items()} == GOLDEN["published"]


def test_timesteps_are_the_references() -> None:
    assert timesteps(30, (240, 426), 51) == pytest.approx(GOLDEN["timesteps_240x426_51"], rel=1e-5)


@pytest.mark.parametrize(("pixels", "frames"), [((240, 426), 51), ((720, 1280), 204), ((480, 854), 102)])
def test_timesteps_of_bfloat16_are_the_references(pixels: tuple[int, int], frames: int) -> None:
    expected = GOLDEN[f"timesteps_bfloat16_{pixels[0]}x{pixels[1]}_{frames}"]
    assert timesteps(30, pixels, frames, torch.bfloat16) == pytest.approx(expected, rel=1e-6)


def test_timesteps_of_float16_do_not_overflow() -> None:
    assert timesteps(30, (240, 426), 51, torch.float16) == timesteps(30, (240, 426), 51)


@pytest.mark.parametrize(("dtype", "scale"), [(torch.float32, 1.25048818592), (torch.bfloat16, 1.2519516015)])
def test_positions_are_stretched_by_sides_in_the_networks_precision(dtype: torch.dtype, scale: float) -> None:
    assert stretch((480, 854), 512, dtype) == pytest.approx(scale, rel=1e-9)


def test_a_straight_flow_arrives_in_any_number_of_steps() -> None:
    start, end = torch.randn(2, 3), torch.randn(2, 3)
    for number in (1, 7):
        found = flowed(lambda latents, step: end - start, start, timesteps(number, (240, 426), 51))
        torch.testing.assert_close(found, end, atol=1e-5, rtol=1e-5)


def test_a_prompt_is_cleaned_and_scored() -> None:
    assert fed("A Cat; see http://a.com/b", 6.5) == "a cat; see aesthetic score: 6.5."
    assert fed("a cat", 0) == "a cat"
