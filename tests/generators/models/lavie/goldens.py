"""LaVie's and SEINE's networks in the reference's names."""

from __future__ import annotations

from typing import Any

from vbench.generators.models.inflated_sd.unet import Architecture

BOUND = 1e-4
"""Of the output's deviation."""


def architecture(config: dict[str, Any]) -> Architecture:
    """Ours from a configuration in the reference's names."""
    return Architecture(
        in_channels=config["in_channels"],
        out_channels=config["out_channels"],
        widths=tuple(config["block_out_channels"]),
        attends=tuple(kind.startswith("CrossAttn") for kind in config["down_block_types"]),
        only_text=tuple(config.get("only_cross_attention", [False] * len(config["block_out_channels"]))),
        layers=config["layers_per_block"],
        heads=config["attention_head_dim"],
        text_width=config["cross_attention_dim"],
        groups=config["norm_num_groups"],
        first_frame=config["use_first_frame"],
        labels=config.get("num_class_embeds", 0),
    )
