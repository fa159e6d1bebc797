from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.generators.models.lavie.goldens import BOUND, architecture
from tests.generators.network_goldens import distance, inputs, manifest, manifest_shapes, seeded_network, shapes
from tests.generators.techniques_goldens import golden
from vbench.generators.models.inflated_sd.unet import BASE, INTERPOLATION, Architecture, UNet
from vbench.generators.models.lavie.vsr_unet import SUPER_RESOLUTION, VSRUNet

PUBLISHED: dict[str, tuple[type[UNet], Architecture]] = {
    "lavie_base": (UNet, BASE),
    "lavie_interpolation": (UNet, INTERPOLATION),
    "lavie_vsr": (VSRUNet, SUPER_RESOLUTION),
}

CASES = [(name, case) for name in PUBLISHED for case in golden(f"{name}_tiny")["cases"]]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_the_network_says_what_the_reference_says(name: str, case: str) -> None:
    small = f"{name}_tiny"
    network = seeded_network(PUBLISHED[name][0](architecture(manifest(small)["config"])), small)
    figures = golden(small)["cases"][case]
    given = inputs(figures)
    seen = torch.cat([given[key] for key in ("sample", "copied_latents", "low_res") if key in given], dim=1)
    predicted = network(seen, given["timestep"], given["encoder_hidden_states"], given.get("class_labels"))
    assert distance(predicted, figures) < BOUND


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_network_has_the_keys_and_shapes_of_its_checkpoint(name: str) -> None:
    kind, ours = PUBLISHED[name]
    with torch.device("meta"):
        network = kind(ours)
    assert shapes(network) == manifest_shapes(name)
    assert ours == architecture(manifest(name)["config"])


@pytest.fixture(scope="module")
def small() -> UNet:
    """Random weights in one level, which changes no resolution."""
    torch.manual_seed(0)
    network = UNet(Architecture(widths=(64,), attends=(True,), only_text=(False,), layers=1, heads=2, text_width=8))
    return network.eval().requires_grad_(False)


def given(frames: int, height: int = 4, width: int = 6) -> tuple[Tensor, Tensor, Tensor]:
    """Latents, a timestep and text."""
    source = torch.Generator().manual_seed(frames)
    latents = torch.randn(1, 4, frames, height, width, generator=source)
    return latents, torch.tensor([500]), torch.randn(1, 3, 8, generator=source)


def test_the_way_up_alone_can_be_told_something_of_each_frame(small: UNet) -> None:
    latents, time, text = given(3)
    plain = small(latents, time, text)
    torch.testing.assert_close(small(latents, time, text, text_up=text[:, None].expand(-1, 3, -1, -1)), plain)
    of_frames = torch.stack([text, text, text + 1], dim=1)
    assert not torch.allclose(small(latents, time, text, text_up=of_frames), plain)


def test_videos_of_a_batch_do_not_see_each_other(small: UNet) -> None:
    latents, time, text = given(3)
    other = latents.flip(2)
    together = small(torch.cat([latents, other]), time.expand(2), text.expand(2, -1, -1))
    torch.testing.assert_close(together[:1], small(latents, time, text))
    torch.testing.assert_close(together[1:], small(other, time, text))


def test_the_order_of_the_frames_counts(small: UNet) -> None:
    latents, time, text = given(4)
    backwards = small(latents.flip(2), time, text).flip(2)
    assert (backwards - small(latents, time, text)).abs().max() > 1e-3


def test_frames_of_one_picture_without_an_order_stay_one_picture() -> None:
    torch.manual_seed(0)
    network = UNet(
        Architecture(
            widths=(64,), attends=(True,), only_text=(False,), layers=1, heads=2, text_width=8, first_frame=True
        )
    ).eval()
    latents, time, text = given(1)
    with torch.inference_mode():
        predicted = network(latents.expand(-1, -1, 5, -1, -1), time, text)
    torch.testing.assert_close(predicted, predicted[:, :, :1].expand_as(predicted), atol=1e-5, rtol=1e-5)
