"""What a family samples, and what is offered in place of anything else."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import SkyReelsV2DiffusionForcingPipeline

from vbench.errors import UsageError
from vbench.generators.base import Settings
from vbench.generators.diffusers.grids import grid
from vbench.generators.diffusers.presets import PRESETS
from vbench.generators.grid import check


@pytest.mark.parametrize(
    ("pipeline", "given", "says"),
    [
        ("AllegroPipeline", {"frames": 81}, r"24 \+ 16k frames .*: ask for 72 or 88, not 81"),
        ("AllegroPipeline", {"height": 368}, r"400k \+ 320 pixels .*: height 368 is none, ask for 320 or 720"),
        ("AllegroPipeline", {"width": 640}, r"320 \+ 240k pixels .*: width 640 is none, ask for 560 or 800"),
        ("AllegroPipeline", {"frames": 8}, "ask for 24, not 8"),
        ("WanPipeline", {"frames": 80}, r"4k \+ 1 frames: ask for 77 or 81, not 80"),
        ("LTXPipeline", {"frames": 120}, "ask for 113 or 121, not 120"),
        ("MochiPipeline", {"frames": 160}, "ask for 157 or 163, not 160"),
        ("CogVideoXPipeline", {"height": 488}, "ask for 480 or 496"),
        ("HeliosPipeline", {"frames": 34}, "multiples of 33 frames .*: ask for 33 or 66, not 34"),
        ("LattePipeline", {"height": 520}, "ask for 512 or 528"),
    ],
)
def test_what_is_off_the_grid_is_refused_with_the_nearest(pipeline: str, given: dict[str, int], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        check(pipeline, Settings(**given), grid(pipeline))  # type: ignore[arg-type]


@pytest.mark.parametrize(("frames", "nearest"), [(21, "17 or 37"), (25, "17 or 37"), (81, "77 or 97"), (121, "97")])
def test_diffusion_forcing_fills_its_causal_blocks(frames: int, nearest: str) -> None:
    axes = grid("SkyReelsV2DiffusionForcingPipeline", arguments={"causal_block_size": 5})
    with pytest.raises(UsageError, match=f"whole causal blocks of 5 latents.*: ask for {nearest}, not {frames}"):
        check("skyreels-v2-df", Settings(frames=frames), axes)
    check("skyreels-v2-df", Settings(frames=97), axes)
    check("skyreels-v2-df", Settings(frames=21), grid("SkyReelsV2DiffusionForcingPipeline"))


def test_the_checkpoints_configurations_say_what_they_can() -> None:
    def config(component: str) -> dict[str, Any]:
        configurations: dict[str, dict[str, Any]] = {
            "motion_adapter": {"motion_max_seq_length": 32},
            "vae": {"scale_factor_spatial": 16, "sample_size": 128, "block_out_channels": [8, 8]},
            "transformer": {"video_length": 16, "patch_size": [1, 2, 2]},
        }
        return configurations[component]

    assert grid("AnimateDiffPipeline", config)["frames"].nearest(48) == (32,)
    assert grid("WanPipeline", config)["height"].step == 32
    assert grid("AllegroPipeline", config)["height"].first == 128


@pytest.mark.parametrize("name", PRESETS)
def test_every_published_protocol_is_on_its_grid(name: str) -> None:
    preset = PRESETS[name]
    check(name, preset.settings, grid(preset.pipeline, arguments=preset.arguments))


@pytest.mark.parametrize(("block", "ar_step"), [(5, 5), (3, 2), (1, 0)])
def test_on_its_grid_diffusion_forcing_denoises_every_latent_and_off_it_leaves_a_tail_of_noise(
    block: int, ar_step: int
) -> None:
    axes = grid("SkyReelsV2DiffusionForcingPipeline", arguments={"causal_block_size": block})
    for latents in range(block, 26):
        steps = _steps_of_each(latents, block, ar_step)
        assert axes["frames"].has(4 * (latents - 1) + 1) == all(count == 10 for count in steps), (latents, steps)
        assert all(count in (0, 10) for count in steps)


def _steps_of_each(latents: int, block: int, ar_step: int) -> list[int]:
    """How often each latent is denoised in ten steps, by the plan that the installed pipeline makes."""
    pipeline: Any = object.__new__(SkyReelsV2DiffusionForcingPipeline)
    levels = torch.arange(10, 0, -1)
    _, _, masks, spans = pipeline.generate_timestep_matrix(latents, levels, latents, ar_step, 0, block)
    steps = torch.zeros(latents, dtype=torch.long)
    for mask, (start, end) in zip(masks, spans, strict=True):
        steps[start:end] += mask[start:end]
    return [int(count) for count in steps]
