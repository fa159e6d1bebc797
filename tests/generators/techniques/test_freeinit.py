"""FreeInit's functions against the reference's figures, diffusers' mixin and what must hold anyway."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers.pipelines.free_init_utils import FreeInitMixin
from torch import Tensor

from tests.generators.techniques_goldens import differs_by, given, golden
from vbench.generators.techniques import freeinit

CASES = golden("freeinit")["cases"]

SHAPES = [(5, 6, 9), (16, 8, 12), (1, 3, 2), (2, 1, 7), (7, 7, 7)]

STOPS = [(0.25, 0.25), (0.4, 0.2), (1.0, 0.5), (0.1, 1.0)]


def drawn(shape: tuple[int, ...], seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def low_pass(name: str, parameters: dict[str, Any]) -> Tensor:
    """The filter of a case, named ``filter_gaussian_b_0`` or ``mix_gaussian_b_0``."""
    order = {"order": parameters["n"]} if "n" in parameters else {}
    kind = freeinit.FILTERS[name.split("_")[1]]
    return kind(tuple(parameters["shape"][-3:]), parameters["d_s"], parameters["d_t"], **order)


@pytest.mark.parametrize("name", CASES)
def test_filters_and_mixes_are_the_references(name: str) -> None:
    case = CASES[name]
    mask = low_pass(name, case["parameters"])
    if name.startswith("filter_"):
        assert differs_by(mask[None, None], case) < 1e-5
    else:
        assert differs_by(freeinit.mixed(given(case, "input.x"), given(case, "input.noise"), mask), case) < 1e-5


@pytest.mark.parametrize("kind", ["butterworth", "gaussian", "ideal"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("stops", STOPS)
def test_filters_are_diffusers(kind: str, shape: freeinit.Shape, stops: tuple[float, float]) -> None:
    theirs = FreeInitMixin()._get_free_init_freq_filter((1, 1, *shape), "cpu", kind, 4, *stops)
    torch.testing.assert_close(freeinit.FILTERS[kind](shape, *stops), theirs[0, 0], rtol=0, atol=1e-7)


def test_mixes_are_diffusers() -> None:
    latents, noise, mask = drawn((2, 4, 5, 6, 9)), drawn((2, 4, 5, 6, 9), 1), freeinit.butterworth((5, 6, 9))
    theirs = FreeInitMixin()._apply_freq_filter(latents, noise, mask)
    torch.testing.assert_close(freeinit.mixed(latents, noise, mask), theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_passes_all_gives_the_latents_and_what_passes_nothing_the_noise(shape: freeinit.Shape) -> None:
    latents, noise = drawn((2, 3, *shape)), drawn((2, 3, *shape), 1)
    torch.testing.assert_close(freeinit.mixed(latents, noise, torch.ones(shape)), latents, rtol=0, atol=1e-6)
    torch.testing.assert_close(freeinit.mixed(latents, noise, torch.zeros(shape)), noise, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", freeinit.FILTERS)
@pytest.mark.parametrize("shape", SHAPES)
def test_mixing_latents_with_themselves_changes_nothing(kind: str, shape: freeinit.Shape) -> None:
    latents = drawn((1, 2, *shape))
    torch.testing.assert_close(
        freeinit.mixed(latents, latents, freeinit.FILTERS[kind](shape)), latents, rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_transformed_in_float32(dtype: torch.dtype) -> None:
    latents, noise = drawn((1, 2, 5, 6, 9)).to(dtype), drawn((1, 2, 5, 6, 9), 1)
    mask = freeinit.gaussian((5, 6, 9))
    mixed = freeinit.mixed(latents, noise, mask)
    assert mixed.dtype == dtype
    assert torch.equal(mixed, freeinit.mixed(latents.float(), noise, mask).to(dtype))


@pytest.mark.parametrize("kind", freeinit.FILTERS)
def test_filters_are_between_0_and_1_and_a_stop_at_0_lets_nothing_pass(kind: str) -> None:
    mask = freeinit.FILTERS[kind]((8, 9, 10))
    assert mask.dtype == torch.float32
    assert 0 <= mask.min() <= mask.max() <= 1
    for stops in ((0.0, 0.25), (0.25, 0.0)):
        assert not freeinit.FILTERS[kind]((8, 9, 10), *stops).any()


@pytest.mark.parametrize("kind", freeinit.FILTERS)
def test_the_mean_of_even_sizes_passes(kind: str) -> None:
    assert freeinit.FILTERS[kind]((8, 8, 8), 0.5, 0.5)[4, 4, 4] == 1


def test_the_box_takes_its_width_from_the_height_and_rounds_halves_to_even() -> None:
    mask = freeinit.box((10, 12, 40), 0.25, 0.5)  # 5 * 0.5 = 2.5 -> 2, 6 * 0.25 = 1.5 -> 2
    assert mask.sum() == 4 * 4 * 4
    assert mask[3:7, 4:8, 18:22].all()


def test_the_ideal_filter_compares_with_twice_the_stop() -> None:
    assert freeinit.ideal((2, 4, 4), 0.125, 0.125)[1, 2, 1] == 1  # d2 = 0.25 = 2 * 0.125, far above 0.125**2


def test_fast_sampling_goes_from_coarse_to_fine() -> None:
    assert [freeinit.fast_steps(25, 5, i) for i in range(5)] == [5, 10, 15, 20, 25]
    assert [freeinit.fast_steps(10, 3, i) for i in range(3)] == [3, 6, 10]
    assert [freeinit.fast_steps(2, 5, i) for i in range(5)] == [1, 1, 1, 1, 2]
