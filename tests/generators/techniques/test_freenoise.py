"""FreeNoise's functions against the reference's figures and what must hold anyway."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from diffusers.models.attention import FreeNoiseTransformerBlock
from torch import Tensor

from tests.generators.techniques_goldens import KIT, differs_by, given, golden
from vbench.generators.techniques import freenoise
from vbench.parity import seeded

GOLDEN = golden("freenoise")

SIZES = [(24, 8, 4), (23, 8, 4), (64, 16, 4), (30, 7, 3), (9, 4, 4), (16, 16, 4), (11, 5, 2)]


class Attention:
    """A temporal self-attention with the kit's weights, in windows where there are any."""

    def __init__(self) -> None:
        manifest = seeded.load_manifest(KIT / GOLDEN["weights_model"]["manifest"])
        self.weights = seeded.state_dict(manifest, GOLDEN["weights_model"]["seed"])
        self.heads = manifest["config"]["heads"]

    def _projected(self, x: Tensor, name: str) -> Tensor:
        projected = F.linear(x, self.weights[f"to_{name}.weight"])
        return torch.stack(projected.chunk(self.heads, dim=-1), dim=-3)

    def __call__(self, x: Tensor, window: int, stride: int) -> Tensor:
        q, k, v = (self._projected(x, name) for name in "qkv")
        heads = freenoise.windowed_attention(F.scaled_dot_product_attention, q, k, v, window, stride)
        joined = heads.transpose(-2, -3).flatten(-2)
        return F.linear(joined, self.weights["to_out.0.weight"], self.weights["to_out.0.bias"])


@pytest.mark.parametrize("name", GOLDEN["cases"])
def test_attention_is_the_references(name: str) -> None:
    case = GOLDEN["cases"][name]
    x = given(case, "input.x")
    size, stride = case["parameters"].get("window", x.shape[1]), case["parameters"].get("stride", 4)
    assert differs_by(Attention()(x, size, stride), case) < 1e-5


@pytest.mark.parametrize("case", GOLDEN["noise_rescheduling"], ids=lambda case: f"{case['frames']} frames")
def test_noise_is_the_references(case: dict[str, Any]) -> None:
    sizes = case["frames"], case["window_size"], case["window_stride"]
    segments = freenoise.shuffled_segments(*sizes, random.Random(case["python_random_seed"]))
    assert segments == case["permutations"]
    sources = freenoise.source_frames(*sizes, segments)
    assert sources == case["source_frame_of_each_frame"]
    noise = torch.randn(2, 4, case["frames"], 3, 5)
    assert torch.equal(freenoise.rescheduled(noise, *sizes[1:], segments), noise[:, :, sources])


@pytest.mark.parametrize("case", GOLDEN["windows"], ids=lambda case: f"{case['frames']} frames")
def test_windows_are_the_references(case: dict[str, Any]) -> None:
    views = freenoise.windows(case["frames"], case["window_size"], case["stride"])
    assert views == [tuple(view) for view in case["views"]]


@pytest.mark.parametrize("size", GOLDEN["weights"])
def test_weights_are_the_references(size: str) -> None:
    assert freenoise.pyramid(int(size)) == GOLDEN["weights"][size]


@pytest.mark.parametrize("size", [2, 6, 8, 16])
def test_the_pyramid_of_an_even_window_is_diffusers(size: int) -> None:
    block = FreeNoiseTransformerBlock(dim=4, num_attention_heads=1, attention_head_dim=4)
    assert freenoise.pyramid(size) == block._get_frame_weights(size, "pyramid")


@pytest.mark.parametrize("sizes", SIZES)
def test_every_segment_has_the_noise_of_the_one_a_window_earlier(sizes: tuple[int, int, int]) -> None:
    frames, window, stride = sizes
    sources = freenoise.source_frames(*sizes, freenoise.shuffled_segments(*sizes, random.Random(5)))
    assert len(sources) == frames
    assert sources[:window] == list(range(window))
    for start in range(window, frames, stride):
        segment, earlier = (sources[first : first + stride] for first in (start, start - window))
        assert set(segment) <= set(earlier)
        assert len(segment) < stride or sorted(segment) == sorted(earlier)


def test_the_noise_is_a_copy_and_its_own_frames_stay() -> None:
    noise = torch.randn(1, 2, 10, 2, 2)
    before = noise.clone()
    segments = freenoise.shuffled_segments(10, 4, 2, random.Random(0))
    shared = freenoise.rescheduled(noise, 4, 2, segments)
    assert torch.equal(noise, before)
    assert torch.equal(shared[:, :, :4], noise[:, :, :4])


@pytest.mark.parametrize("sizes", SIZES)
def test_windows_that_agree_are_fused_to_what_they_say(sizes: tuple[int, int, int]) -> None:
    frames = sizes[0]
    places = freenoise.windows(*sizes)
    said = torch.randn(3, frames, 2)
    fused = freenoise.fused([said[:, start:stop] for start, stop in places], places, frames)
    covered = places[-1][1]
    torch.testing.assert_close(fused[:, :covered], said[:, :covered])
    assert not fused[:, covered:].any()


def test_two_windows_are_weighted_by_their_pyramids() -> None:
    low, high = torch.zeros(4, 1), torch.ones(4, 1)
    fused = freenoise.fused([low, high], [(0, 4), (2, 6)], 6)
    torch.testing.assert_close(fused[:, 0], torch.tensor([0, 0, 1 / 3, 2 / 3, 1, 1]))


def test_fusion_keeps_the_dtype() -> None:
    assert freenoise.fused([torch.ones(4, 2, dtype=torch.float16)], [(0, 4)], 5).dtype == torch.float16


@pytest.mark.parametrize("frames", [5, 8])
def test_a_video_of_a_window_or_less_is_attended_to_as_a_whole(frames: int) -> None:
    q, k, v = torch.randn(3, 2, frames, 4)
    windowed = freenoise.windowed_attention(F.scaled_dot_product_attention, q, k, v, 8, 4)
    torch.testing.assert_close(windowed, F.scaled_dot_product_attention(q, k, v))


def test_a_window_knows_nothing_of_frames_outside() -> None:
    attention, x = Attention(), torch.randn(1, 12, 24)
    changed = x.clone()
    changed[:, 8:] += 1
    before, after = (attention(frames, 4, 4) for frames in (x, changed))
    assert torch.equal(before[:, :8], after[:, :8])
    assert not torch.equal(before[:, 8:], after[:, 8:])


@pytest.mark.parametrize("frames", [16, 20, 64, 65])
def test_two_prompts_follow_each_other_as_in_the_reference(frames: int) -> None:
    first, last = texts = torch.randn(2, 3, 4)
    told = freenoise.injected(texts, frames)
    alone = int(3 * frames / 8)
    between = frames - 2 * alone
    assert len(told) == frames
    assert torch.equal(told[:alone], first.expand(alone, -1, -1))
    assert torch.equal(told[-alone:], last.expand(alone, -1, -1))
    for place in range(between):
        torch.testing.assert_close(told[alone + place], first + (last - first) / (between - 1) * place)


@pytest.mark.parametrize("count", [1, 3, 4])
def test_each_of_several_prompts_has_its_share(count: int) -> None:
    texts = torch.arange(float(count))[:, None, None]
    told = freenoise.injected(texts, 60).flatten()
    assert told.diff().min() >= 0
    assert [int((told == number).sum()) >= 60 / count / 2 for number in range(count)] == [True] * count
    torch.testing.assert_close(told + told.flip(0), torch.full((60,), count - 1.0))
