"""Techniques on pipelines with random weights: they change the video, repeatably, and say so or refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import diffusers
import pytest
import torch
from diffusers import (
    AnimateDiffPipeline,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    PNDMScheduler,
    TextToVideoSDPipeline,
    UNetSpatioTemporalConditionModel,
    WanPipeline,
)
from diffusers.models.attention import FreeNoiseTransformerBlock
from torch import Tensor

from tests.generators.tiny_pipelines import animatediff, text_to_video_sd
from vbench.errors import UsageError
from vbench.generators import base
from vbench.generators.techniques import freeu
from vbench.generators.techniques.diffusers_hooks import TECHNIQUES, FreeInit, hook_decoder

FAMILIES = {"animatediff": animatediff, "text_to_video_sd": text_to_video_sd}


def arguments(frames: int = 4, seed: int = 0) -> dict[str, Any]:
    return {
        "prompt": "a cat",
        "num_frames": frames,
        "height": 16,
        "width": 16,
        "num_inference_steps": 2,
        "guidance_scale": 2.0,
        "generator": torch.Generator().manual_seed(seed),
        "output_type": "pt",
    }


def sampled(make: Callable[[], Any], names: Sequence[str] = (), frames: int = 4, seed: int = 0) -> Tensor:
    """A video of a new pipeline, ``(B, T, C, H, W)``; FreeInit's call is used where it is among the techniques."""
    pipeline, techniques = make(), [TECHNIQUES[name]() for name in names]
    for technique in techniques:
        assert technique.obstacle(type(pipeline), frames) == ""
        technique.install(pipeline)
    caller = next((technique for technique in techniques if technique.name == "freeinit"), None)
    given = arguments(frames, seed)
    video: Tensor = (caller.call(pipeline, given) if caller else pipeline(**given)).frames
    return video


def test_the_names_are_those_of_the_command_line() -> None:
    assert tuple(TECHNIQUES) == base.TECHNIQUES
    assert all(TECHNIQUES[name]().name == name for name in TECHNIQUES)


@pytest.mark.parametrize(
    "names", [["freeu"], ["freeu-v2"], ["freeinit"], ["freeinit", "freeu"], ["freeu-v2", "freeinit"]]
)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_technique_changes_the_video_and_repeats_bit_by_bit(family: str, names: list[str]) -> None:
    make = FAMILIES[family]
    video = sampled(make, names)
    assert video.isfinite().all()
    assert torch.equal(video, sampled(make, names))
    assert not torch.equal(video, sampled(make, names, seed=1))
    without = [sampled(make, names[:place] + names[place + 1 :]) for place in range(len(names))]
    assert not any(torch.equal(video, other) for other in without)


@pytest.mark.parametrize("others", [[], ["freeu"], ["freeinit"]])
def test_freenoise_changes_long_videos(others: list[str]) -> None:
    names = ["freenoise", *others]
    video = sampled(animatediff, names, frames=20)
    assert torch.equal(video, sampled(animatediff, names, frames=20))
    assert not torch.equal(video, sampled(animatediff, others, frames=20))


def test_freenoise_puts_windows_into_every_temporal_transformer() -> None:
    pipeline, technique = animatediff(), TECHNIQUES["freenoise"]()
    technique.install(pipeline)
    blocks = [
        block
        for name, module in pipeline.unet.named_modules()
        if "motion_modules" in name and name.endswith("transformer_blocks")
        for block in module
    ]
    assert blocks
    assert all(isinstance(block, FreeNoiseTransformerBlock) for block in blocks)
    assert {(block.context_length, block.context_stride, block.weighting_scheme) for block in blocks} == {
        (16, 4, technique.settings["weighting_scheme"])
    }
    assert pipeline._free_noise_noise_type == technique.settings["noise_type"]


@pytest.mark.parametrize("scheduler", [DDIMScheduler, PNDMScheduler])
def test_our_loop_is_diffusers_bit_by_bit(scheduler: Any) -> None:
    enabled, plain, technique = animatediff(), animatediff(), FreeInit()
    for pipeline in (enabled, plain):
        pipeline.scheduler = scheduler.from_config(pipeline.scheduler.config, skip_prk_steps=True)
    technique.install(enabled)
    theirs, ours = enabled(**arguments()).frames, technique.loop(plain, arguments()).frames
    assert torch.equal(ours, theirs)


def test_our_loop_leaves_the_pipeline_as_it_was() -> None:
    pipeline = text_to_video_sd()
    before = pipeline(**arguments()).frames
    TECHNIQUES["freeinit"]().call(pipeline, arguments())
    assert "prepare_latents" not in vars(pipeline)
    assert torch.equal(pipeline(**arguments()).frames, before)
    with pytest.raises(ValueError, match="divisible by 8"):
        TECHNIQUES["freeinit"]().call(pipeline, {**arguments(), "height": 15})
    assert "prepare_latents" not in vars(pipeline)


def test_latents_that_are_given_are_the_first_noise() -> None:
    noise = torch.randn((1, 4, 4, 8, 8), generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(0)
    torch.randn((1, 4, 4, 8, 8), generator=generator)
    given = {**arguments(), "latents": noise, "generator": generator}
    assert torch.equal(
        FreeInit().call(text_to_video_sd(), given).frames, FreeInit().call(text_to_video_sd(), arguments()).frames
    )


def test_our_hooks_are_diffusers_freeu_where_the_placements_meet() -> None:
    """Both are at work in the first up block; the first residual block of the second is as wide as the middle."""
    theirs, ours = text_to_video_sd(), text_to_video_sd()
    scales = freeu.Scales(b1=1.4, b2=1.0, s1=0.9, s2=1.0)
    theirs.enable_freeu(s1=scales.s1, s2=scales.s2, b1=scales.b1, b2=scales.b2)
    hook_decoder(ours.unet, scales, freeu.amplified_v1)
    ours.unet.up_blocks[1].resnets[0]._forward_pre_hooks.clear()
    torch.testing.assert_close(ours(**arguments()).frames, theirs(**arguments()).frames, rtol=0, atol=1e-5)


def test_version_1_is_diffusers_where_it_has_it() -> None:
    theirs = animatediff()
    theirs.enable_freeu(s1=0.9, s2=0.2, b1=1.5, b2=1.6)
    assert torch.equal(sampled(animatediff, ["freeu"]), theirs(**arguments()).frames)


def test_hooks_fit_a_u_net_of_stable_video_diffusion() -> None:
    torch.manual_seed(0)
    unet: Any = UNetSpatioTemporalConditionModel(
        block_out_channels=(32, 64),
        layers_per_block=1,
        sample_size=8,
        in_channels=8,
        out_channels=4,
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        cross_attention_dim=16,
        num_attention_heads=2,
        projection_class_embeddings_input_dim=96,
        addition_time_embed_dim=32,
    )
    unet.eval()
    inputs = torch.randn(1, 2, 8, 8, 8), torch.tensor(5.0), torch.randn(1, 1, 16), torch.ones(1, 3)
    with torch.no_grad():
        before = unet(*inputs).sample
        hook_decoder(unet, freeu.Scales(1.0, 1.0, 1.0, 1.0), freeu.amplified_v2)
        torch.testing.assert_close(unet(*inputs).sample, before, rtol=0, atol=1e-5)
        hook_decoder(unet, freeu.PUBLISHED["SD2.1"], freeu.amplified_v2)
        assert not torch.allclose(unet(*inputs).sample, before, atol=1e-3)


def test_settings_tell_what_was_switched_on() -> None:
    version_1, version_2 = TECHNIQUES["freeu"](), TECHNIQUES["freeu-v2"]()
    version_1.install(text_to_video_sd())
    version_2.install(text_to_video_sd())
    values = {"base_model": "SD1.5", "b1": 1.5, "b2": 1.6, "s1": 0.9, "s2": 0.2}
    assert version_1.settings == {"version": 1, "placement": "up block", **values}
    assert version_2.settings == {"version": 2, "placement": "width", **values}
    assert TECHNIQUES["freeinit"]().settings == {
        "iterations": 5,
        "filter": "butterworth",
        "order": 4,
        "spatial_stop": 0.25,
        "temporal_stop": 0.25,
    }


@pytest.mark.parametrize(("width", "base_model"), [(768, "SD1.5"), (1024, "SD2.1"), (2048, "SDXL")])
def test_the_base_model_is_told_by_its_text_features(width: int, base_model: str) -> None:
    pipeline, technique = text_to_video_sd(), TECHNIQUES["freeu"]()
    pipeline.unet.register_to_config(cross_attention_dim=width)
    technique.install(pipeline)
    assert technique.settings["base_model"] == base_model
    assert technique.settings["b1"] == freeu.PUBLISHED[base_model].b1


@pytest.mark.parametrize(
    ("name", "kind", "frames", "told"),
    [
        ("freeu", WanPipeline, 16, "U-Net"),
        ("freeu-v2", diffusers.LattePipeline, 16, "U-Net"),
        ("freeinit", WanPipeline, 16, "TextToVideoSDPipeline"),
        ("freeinit", diffusers.CogVideoXPipeline, 16, "LattePipeline"),
        ("freeinit", diffusers.StableVideoDiffusionPipeline, 16, "AnimateDiffPipeline"),
        ("freenoise", TextToVideoSDPipeline, 64, "AnimateDiffPipeline"),
        ("freenoise", AnimateDiffPipeline, 16, "more frames"),
    ],
)
def test_what_cannot_work_is_refused_with_what_would(name: str, kind: type, frames: int, told: str) -> None:
    reason = TECHNIQUES[name]().obstacle(kind, frames)
    assert reason.startswith(name)
    assert told in reason


@pytest.mark.parametrize(
    "kind", [diffusers.LattePipeline, diffusers.I2VGenXLPipeline, diffusers.AnimateDiffSDXLPipeline]
)
def test_freeinit_knows_more_pipelines(kind: type) -> None:
    assert TECHNIQUES["freeinit"]().obstacle(kind, 16) == ""


@pytest.mark.parametrize(
    "scheduler",
    [
        EulerDiscreteScheduler(),
        DPMSolverMultistepScheduler(timestep_spacing="leading"),
        DDIMScheduler(rescale_betas_zero_snr=True),
        diffusers.FlowMatchEulerDiscreteScheduler(),
    ],
    ids=lambda scheduler: type(scheduler).__name__,
)
def test_freeinit_refuses_schedulers_that_cannot_go_back(scheduler: Any) -> None:
    pipeline = text_to_video_sd()
    pipeline.scheduler = scheduler
    with pytest.raises(UsageError, match=f"{type(scheduler).__name__}.*DDIMScheduler"):
        TECHNIQUES["freeinit"]().install(pipeline)
    assert "prepare_latents" not in vars(pipeline)
