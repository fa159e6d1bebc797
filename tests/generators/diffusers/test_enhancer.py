"""Enhancers make clips larger, from folders with random weights."""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler, StableDiffusionUpscalePipeline, UNet2DConditionModel, VideoToVideoSDPipeline

from tests.footage import noise
from tests.generators import tiny_pipelines as tiny
from vbench.errors import UsageError
from vbench.generators.base import Request, Settings
from vbench.generators.catalog import build, built, said_of
from vbench.generators.diffusers.enhancer import DiffusersEnhancer
from vbench.generators.diffusers.presets import ENHANCER_PRESETS
from vbench.generators.recipe import Recipe
from vbench.media.clip import Clip

CLIP = Clip(noise(3, height=24, width=40), 8.0)


def a_request(seed: int = 1) -> Request:
    return Request("a cat", 0, seed, Settings(), "a cat-0.mp4")


@pytest.fixture
def upscaler(tmp_path: Path) -> Path:
    """A tiny Stable Diffusion x4, whose pictures are four times as large as what it sees."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        sample_size=8,
        in_channels=7,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=tiny.WIDTH,
        attention_head_dim=2,
        norm_num_groups=2,
        num_class_embeds=1000,
    )
    vae = type(tiny.autoencoder())(
        block_out_channels=(8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        latent_channels=4,
        norm_num_groups=2,
    )
    pipeline: Any = StableDiffusionUpscalePipeline(
        vae=vae,
        text_encoder=tiny.text_encoder(),
        tokenizer=tiny.tokenizer(),
        unet=unet,
        low_res_scheduler=DDPMScheduler(),
        scheduler=tiny.scheduler(),
        max_noise_level=350,
    )
    pipeline.save_pretrained(tmp_path / "x4")
    return tmp_path / "x4"


@pytest.fixture
def denoiser(tmp_path: Path) -> Path:
    """A tiny Zeroscope XL."""
    pipeline: Any = VideoToVideoSDPipeline(**tiny.text_to_video_sd().components)
    pipeline.save_pretrained(tmp_path / "xl")
    return tmp_path / "xl"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few steps, small videos, no hub."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for name, preset in list(ENHANCER_PRESETS.items()):
        settings = preset.settings
        if settings.height:
            settings = replace(settings, height=64, width=128)
        monkeypatch.setitem(ENHANCER_PRESETS, name, replace(preset, settings=replace(settings, steps=2)))


@pytest.mark.parametrize(
    ("name", "folder", "shape"),
    [("sd-x4-upscaler", "upscaler", (3, 96, 160, 3)), ("zeroscope-xl", "denoiser", (3, 64, 128, 3))],
)
def test_a_clip_is_larger_and_the_same_for_the_same_seed(
    name: str, folder: str, shape: tuple[int, ...], request: pytest.FixtureRequest
) -> None:
    def make() -> DiffusersEnhancer:
        return DiffusersEnhancer(name, str(request.getfixturevalue(folder)))

    one = make().enhance(CLIP, a_request())
    assert one.frames.shape == shape
    assert one.frames.dtype == np.uint8
    assert one.fps == CLIP.fps
    torch.manual_seed(7)
    assert (make().enhance(CLIP, a_request()).frames == one.frames).all()
    assert (make().enhance(CLIP, a_request(2)).frames != one.frames).any()


def test_composed_by_name(denoiser: Path) -> None:
    generator = build(f"synthetic+zeroscope-xl:{denoiser}")
    told = generator.provenance["enhancers"]["zeroscope-xl"]
    assert told["pipeline"] == "VideoToVideoSDPipeline"
    assert told["arguments"] == {"strength": 0.6}
    assert told["settings"]["steps"] == 2


def test_an_enhancer_takes_what_a_generator_takes(denoiser: Path) -> None:
    model = f"synthetic+zeroscope-xl:{denoiser}"
    said = said_of(
        model,
        options=["zeroscope-xl:dtypes=vae:float32"],
        arguments=["zeroscope-xl:strength=0.9", "zeroscope-xl:num_inference_steps=3"],
        schedulers=["zeroscope-xl:DDIMScheduler"],
    )
    generator = built(Recipe(model, said=said))
    generator.prepare([a_request()])
    told = generator.provenance["enhancers"]["zeroscope-xl"]
    assert told["arguments"] == {"strength": 0.9, "num_inference_steps": 3}
    assert told["scheduler"]["class"] == "DDIMScheduler"
    assert told["dtypes"] == {"vae": "float32"}
    wrong = built(Recipe(model, said=said_of(model, arguments=["zeroscope-xl:strenght=0.9"])))
    with pytest.raises(UsageError, match="Did you mean strength"):
        wrong.prepare([a_request()])


def test_what_is_not_here_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UsageError, match="vbench weights download stabilityai/stable-diffusion-x4-upscaler"):
        build("synthetic+sd-x4-upscaler").prepare([a_request()])
