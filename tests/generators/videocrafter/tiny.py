"""VideoCrafter's networks at a small size, and its checkpoint in the published layout."""

from __future__ import annotations

from typing import Any

from vbench.generators.ldm.plan import Plan
from vbench.generators.videocrafter.unet import UNet


def plan(config: dict[str, Any]) -> Plan:
    """A U-Net's plan from the reference's configuration."""
    return Plan(
        width=config["model_channels"],
        multipliers=tuple(config["channel_mult"]),
        residual_blocks=config["num_res_blocks"],
        attention_levels=len(config["attention_resolutions"]),
        head_width=config["num_head_channels"],
        text_width=config["context_dim"],
        temporal_convolutions=config["temporal_conv"],
        distance=config["temporal_length"] if config["use_relative_position"] else 0,
    )


def unet(config: dict[str, Any]) -> UNet:
    """The U-Net of the reference's configuration."""
    return UNet(plan(config), knows_fps=config.get("fps_cond", False))
