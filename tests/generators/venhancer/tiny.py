"""VEnhancer's networks at a small size."""

from __future__ import annotations

from typing import Any

from vbench.generators.ldm.plan import Plan
from vbench.generators.venhancer.unet import UNet


def unet(config: dict[str, Any]) -> UNet:
    """The networks of the reference's configuration."""
    plan = Plan(
        channels=config["in_dim"],
        width=config["dim"],
        multipliers=tuple(config["dim_mult"]),
        residual_blocks=config["num_res_blocks"],
        attention_levels=len(config["attn_scales"]),
        head_width=config["head_dim"],
        text_width=config["context_dim"],
        convolved=True,
        extra_rows=1,
    )
    return UNet(plan, config["num_heads"])
