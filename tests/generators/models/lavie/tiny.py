"""LaVie's checkpoints as they are published, with random weights of a few hundred kilobytes."""

# mypy: disable-error-code="no-untyped-call,attr-defined"
from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL, DDIMScheduler, DDPMScheduler

from tests.generators.tiny_pipelines import WIDTH, text_encoder, tokenizer
from vbench.generators.models.inflated_sd.unet import Architecture, UNet
from vbench.generators.models.lavie import base, interpolation, super_resolution
from vbench.generators.models.lavie.vsr_unet import VSRUNet

BASE = Architecture(
    widths=(32, 64), attends=(True, False), only_text=(False, False), layers=1, heads=1, text_width=WIDTH, groups=8
)
INTERPOLATION = Architecture(
    in_channels=8, widths=(16, 16), attends=(True, False), only_text=(False, False), layers=1, heads=2,
    text_width=WIDTH, groups=8, first_frame=True,
)  # fmt: skip
SUPER_RESOLUTION = Architecture(
    in_channels=7, widths=(32, 32), attends=(False, True), only_text=(True, False), layers=1, heads=1,
    text_width=WIDTH, groups=8, labels=64,
)  # fmt: skip


def shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expect small networks instead of the published ones, and let the stages with fixed steps take two."""
    monkeypatch.setitem(interpolation.PROTOCOL, "steps", 2)
    monkeypatch.setitem(super_resolution.PROTOCOL, "steps", 2)
    monkeypatch.setattr(super_resolution, "NOISE_LEVEL", 20)
    monkeypatch.setattr(base, "BASE", BASE)
    monkeypatch.setattr(interpolation, "INTERPOLATION", INTERPOLATION)
    monkeypatch.setattr(super_resolution, "SUPER_RESOLUTION", SUPER_RESOLUTION)


def write(folder: Path) -> Path:
    """All files of LaVie; the folder."""
    torch.manual_seed(0)
    torch.save(UNet(BASE).state_dict(), folder / "lavie_base.pt")
    torch.save({"ema": UNet(INTERPOLATION).state_dict()}, folder / "lavie_interpolation.pt")
    torch.save({"ema": VSRUNet(SUPER_RESOLUTION).state_dict()}, folder / "lavie_vsr.pt")
    companion(folder / "stable-diffusion-v1-4", levels=4)
    upscaler = folder / "stable-diffusion-x4-upscaler"
    companion(upscaler, levels=3)
    DDIMScheduler(
        beta_start=0.0001, beta_end=0.02, beta_schedule="scaled_linear", prediction_type="v_prediction",
        clip_sample=False, set_alpha_to_one=False, steps_offset=1,
    ).save_pretrained(upscaler / "scheduler")  # fmt: skip
    DDPMScheduler(beta_start=0.0001, beta_end=0.02, beta_schedule="scaled_linear").save_pretrained(
        upscaler / "low_res_scheduler"
    )
    return folder


def companion(folder: Path, levels: int) -> None:
    """Text encoder, tokenizer and VAE of so many levels."""
    torch.manual_seed(levels)
    text_encoder().save_pretrained(folder / "text_encoder")
    tokenizer().save_pretrained(folder / "tokenizer")
    AutoencoderKL(
        block_out_channels=(8,) * levels,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        latent_channels=4,
        norm_num_groups=2,
        sample_size=16,
    ).save_pretrained(folder / "vae")
