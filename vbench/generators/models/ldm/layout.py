"""How a video U-Net is laid out: residual blocks and transformers level by level, down and up again."""

from __future__ import annotations

from torch import nn

from vbench.generators.models.ldm.attention import SpatialTransformer, TemporalTransformer
from vbench.generators.models.ldm.blocks import Downsample, ResidualBlock, Upsample
from vbench.generators.models.ldm.sizes import Plan


def first_temporal(plan: Plan, heads: int) -> TemporalTransformer:
    """The temporal transformer behind the first convolution; its projections are always convolutions."""
    return TemporalTransformer(plan.width, heads, plan.head_width, convolved=True, distance=plan.distance)


def encoder(plan: Plan) -> list[list[nn.Module]]:
    """Blocks behind the first one, each with its layers."""
    blocks, width = list[list[nn.Module]](), plan.width
    for level, multiplier in enumerate(plan.multipliers):
        for _ in range(plan.residual_blocks):
            layers: list[nn.Module] = [_residual(plan, width, width := plan.width * multiplier)]
            blocks.append(layers + (_transformers(plan, width) if level < plan.attention_levels else []))
        if level < len(plan.multipliers) - 1:
            blocks.append([Downsample(width, plan.extra_rows)])
    return blocks


def middle(plan: Plan) -> list[nn.Module]:
    """Layers of the coarsest level."""
    width = plan.middle_width
    return [_residual(plan, width, width), *_transformers(plan, width), _residual(plan, width, width)]


def decoder(plan: Plan) -> list[list[nn.Module]]:
    """Blocks, each with its layers; their inputs are features and skip features side by side."""
    blocks, width, skips = list[list[nn.Module]](), plan.middle_width, plan.skip_widths
    for level, multiplier in reversed(list(enumerate(plan.multipliers))):
        for place in range(plan.residual_blocks + 1):
            layers: list[nn.Module] = [_residual(plan, width + skips.pop(), width := plan.width * multiplier)]
            layers += _transformers(plan, width) if level < plan.attention_levels else []
            if level and place == plan.residual_blocks:
                layers.append(Upsample(width, plan.extra_rows))
            blocks.append(layers)
    return blocks


def head(plan: Plan) -> nn.Sequential:
    """Features to a prediction of the latents' shape."""
    return nn.Sequential(nn.GroupNorm(32, plan.width), nn.SiLU(), nn.Conv2d(plan.width, plan.channels, 3, padding=1))


def _residual(plan: Plan, width: int, out: int) -> ResidualBlock:
    return ResidualBlock(width, out, plan.embedding, plan.temporal_convolutions)


def _transformers(plan: Plan, width: int) -> list[nn.Module]:
    return [
        SpatialTransformer(width, plan.head_width, plan.text_width, plan.sees_picture),
        TemporalTransformer(width, width // plan.head_width, plan.head_width, plan.convolved, plan.distance),
    ]
