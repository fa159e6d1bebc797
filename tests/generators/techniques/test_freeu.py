"""FreeU's functions against the reference's figures, diffusers' filter and what must hold anyway."""

from __future__ import annotations

import pytest
import torch
from diffusers.utils.torch_utils import apply_freeu, fourier_filter
from torch import Tensor

from tests.generators.techniques_goldens import differs_by, given, golden
from vbench.generators.techniques import freeu

CASES = golden("freeu")["cases"]

SHAPES = [(2, 6, 9, 12), (1, 4, 8, 8), (3, 5, 1, 7), (1, 2, 2, 3), (1, 3, 13, 5)]


def drawn(shape: tuple[int, ...], dtype: torch.dtype = torch.float32, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("fourier_filter")])
def test_the_filter_is_the_references(name: str) -> None:
    case = CASES[name]
    filtered = freeu.scaled_skip(given(case, "input.x"), case["parameters"]["scale"], case["parameters"]["threshold"])
    assert differs_by(filtered, case) < 1e-5


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("backbone")])
def test_the_amplification_is_the_references(name: str) -> None:
    case = CASES[name]
    amplified = freeu.amplified_v1 if "_v1_" in name else freeu.amplified_v2
    assert differs_by(amplified(given(case, "input.h"), case["parameters"]["b"]), case) < 1e-5


def test_every_case_of_the_kit_is_looked_at() -> None:
    assert all(name.startswith(("fourier_filter", "backbone_v1", "backbone_v2")) for name in CASES)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("threshold", [0, 1, 2, 4])
def test_the_filter_is_diffusers(shape: tuple[int, ...], dtype: torch.dtype, threshold: int) -> None:
    skip = drawn(shape, dtype)
    ours, theirs = freeu.scaled_skip(skip, 0.2, threshold), fourier_filter(skip, threshold=threshold, scale=0.2)  # type: ignore[arg-type]
    assert ours.dtype == dtype
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("stage", [0, 1])
def test_version_1_is_diffusers(stage: int) -> None:
    hidden, skip = drawn((2, 6, 8, 9)), drawn((2, 4, 8, 9), seed=1)
    scales = freeu.PUBLISHED["SD2.1"]
    theirs = apply_freeu(stage, hidden.clone(), skip, s1=scales.s1, s2=scales.s2, b1=scales.b1, b2=scales.b2)
    b, s = scales.of(stage)
    torch.testing.assert_close(freeu.amplified_v1(hidden, b), theirs[0], rtol=0, atol=0)
    torch.testing.assert_close(freeu.scaled_skip(skip, s), theirs[1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_factors_of_1_change_nothing(shape: tuple[int, ...]) -> None:
    features = drawn(shape)
    torch.testing.assert_close(freeu.scaled_skip(features, 1.0), features, rtol=0, atol=1e-6)
    assert torch.equal(freeu.amplified_v1(features, 1.0), features)
    assert torch.equal(freeu.amplified_v2(features, 1.0), features)


def test_the_filter_takes_the_mean_away_and_leaves_the_finest_grid() -> None:
    flat = torch.full((1, 1, 8, 8), 3.0)
    torch.testing.assert_close(freeu.scaled_skip(flat, 0.2), 0.2 * flat)
    grid = torch.tensor([1.0, -1.0]).repeat(8, 4)[None, None]
    torch.testing.assert_close(freeu.scaled_skip(grid, 0.2), grid)


def test_version_2_goes_from_1_to_b_within_each_sample() -> None:
    hidden = drawn((3, 8, 5, 7)) * torch.tensor([1.0, 10.0, 100.0])[:, None, None, None]
    gain = (freeu.amplified_v2(hidden, 1.4) / hidden)[:, :4]
    torch.testing.assert_close(gain.amin(dim=(1, 2, 3)), torch.ones(3))
    torch.testing.assert_close(gain.amax(dim=(1, 2, 3)), torch.full((3,), 1.4))
    alone = torch.cat([freeu.amplified_v2(sample[None], 1.4) for sample in hidden])
    torch.testing.assert_close(freeu.amplified_v2(hidden, 1.4), alone)


def test_version_2_leaves_features_without_structure() -> None:
    flat = torch.full((2, 4, 3, 3), 0.5)
    assert torch.equal(freeu.amplified_v2(flat, 1.4), flat)


@pytest.mark.parametrize("amplified", [freeu.amplified_v1, freeu.amplified_v2])
def test_the_second_half_and_the_input_stay(amplified: object) -> None:
    assert callable(amplified)
    hidden = drawn((2, 7, 4, 4), torch.float16)
    before = hidden.clone()
    after = amplified(hidden, 1.5)
    assert torch.equal(hidden, before)
    assert after.dtype == torch.float16
    assert torch.equal(after[:, 3:], hidden[:, 3:])


def test_the_two_placements_differ_on_stable_diffusion() -> None:
    backbone_widths = [[1280] * 3, [1280] * 3, [1280, 640, 640], [640, 320, 320]]
    by_width = [[freeu.stage_by_width(width) for width in block] for block in backbone_widths]
    by_index = [[freeu.stage_by_up_block(index)] * len(block) for index, block in enumerate(backbone_widths)]
    assert by_width == [[0] * 3, [0] * 3, [0, 1, 1], [1, None, None]]
    assert by_index == [[0] * 3, [1] * 3, [None] * 3, [None] * 3]
