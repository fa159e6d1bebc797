"""Show-1's five folders in the published layout with small random networks; the same weights every time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DDPMScheduler
from safetensors.torch import save_file

from tests.generators import tiny_families, tiny_pipelines
from tests.generators.own_goldens import figures
from vbench.generators.models.show_one.cascade import CASCADE, Cascade
from vbench.generators.models.show_one.unet import FrameUNet

GOLDEN = figures(Path(__file__).parent / "golden.json")

FOLDERS = {"keys": "base", "between": "interpolation", "first": "if-ii-l", "larger": "sr1", "last": "sr2"}
"""Stage -> its folder in that of Show-1."""

UNET = "unet/diffusion_pytorch_model"


def config(stage: str) -> dict[str, Any]:
    """Of a stage's U-Net: the configuration that the figures were made with, for T5's width."""
    told = dict(GOLDEN["cases"]["larger" if stage == "first" else stage]["config"], encoder_hid_dim=tiny_families.TEXT)
    if stage == "first":
        blocks = ("down_block_types", "mid_block_type", "up_block_types")
        told |= {name: json.loads(json.dumps(told[name]).replace("3D", "2D")) for name in blocks}
    return told


def cascade() -> Cascade:
    """The published stages at a small size."""
    published = CASCADE["show-1"]
    return replace(published, height=4, width=8, enlarged=2, settings=replace(published.settings, height=16, width=32))


def shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the adapter sample small videos."""
    monkeypatch.setitem(CASCADE, "show-1", cascade())


def save(folder: Path, drop: dict[str, str] | None = None) -> Path:
    """Write the folders; key frames and interpolation as the variant fp16, the last but one as a pickle.

    Args:
        folder: that stands for the cache.
        drop: stage -> a key of its U-Net that is left out.
    """
    place = folder / "show-1"
    torch.manual_seed(0)
    for stage in ("keys", "between", "first", "larger"):
        told, there = config(stage), place / FOLDERS[stage]
        (there / "unet").mkdir(parents=True)
        (there / "unet" / "config.json").write_text(json.dumps({"_class_name": "UNet3DConditionModel", **told}))
        state = {key: value.contiguous() for key, value in FrameUNet(told).network.state_dict().items()}
        state.pop((drop or {}).get(stage, ""), None)
        if stage == "larger":
            torch.save(state, there / f"{UNET}.bin")
        else:
            save_file(state, there / f"{UNET}{'.fp16' if stage != 'first' else ''}.safetensors")
        scheduler: Any = DDPMScheduler(beta_schedule="squaredcos_cap_v2", variance_type="learned_range")
        scheduler.save_pretrained(there / "scheduler")
        if stage in ("first", "larger"):
            scheduler.save_pretrained(there / "image_noising_scheduler")
    tiny_families.t5().save_pretrained(place / "base" / "text_encoder")
    tiny_families.tokenizer().save_pretrained(place / "base" / "tokenizer")
    tiny_pipelines.text_to_video_sd().save_pretrained(place / "sr2")
    return folder
