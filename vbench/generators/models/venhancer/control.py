"""VEnhancer's control network: a copy of the U-Net's encoder that sees the video to enhance.

He et al., "VEnhancer: Generative Space-Time Enhancement for Video Generation" (2024), section 3.2. The low-resolution
key frames, noised a little, are added behind its first convolution; what it makes of them is added to the U-Net's
skip connections by convolutions that began at zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from vbench.generators.models.ldm.blocks import Downsample, Given, Layers, embedder, sinusoidal, through
from vbench.generators.models.ldm.layout import encoder, first_temporal, middle
from vbench.generators.models.ldm.sizes import Plan


@dataclass(frozen=True)
class Hint:
    """The video to enhance.

    Attributes:
        latents: of its key frames, noised, ``(B, C, K, H, W)``.
        timestep: of that noise, ``(B,)``.
        up_scale: how many times larger the video becomes, ``(B,)`` whole numbers.
        keys: which frames of the result are key frames, ``(B, F)`` bool, ``K`` true in each row.
    """

    latents: Tensor
    timestep: Tensor
    up_scale: Tensor
    keys: Tensor


class Encoder(nn.Module):
    """What U-Net and control network have in common: the way down to the coarsest level."""

    def __init__(self, plan: Plan, first_heads: int) -> None:
        super().__init__()
        self.plan = plan
        self.time_embed = embedder(plan.width, plan.embedding)
        first = Layers([nn.Conv2d(plan.channels, plan.width, 3, padding=1), first_temporal(plan, first_heads)])
        self.input_blocks: Any = nn.ModuleList([first, *map(_block, encoder(plan))])
        self.middle_block = Layers(middle(plan))

    def embedded(self, timesteps: Tensor) -> Tensor:
        """``(B,)`` -> ``(B, E)``."""
        embedding: Tensor = self.time_embed(self.sines(timesteps))
        return embedding

    def sines(self, numbers: Tensor) -> Tensor:
        """``(B,)`` -> ``(B, width)`` in the precision of the weights."""
        return sinusoidal(numbers, self.plan.width).to(next(self.parameters()).dtype)


class ControlNetwork(Encoder):
    """Features for each skip connection and for the middle of the U-Net."""

    def __init__(self, plan: Plan, first_heads: int) -> None:
        super().__init__(plan, first_heads)
        self.hint_time_zero_linear = nn.Linear(plan.embedding, plan.embedding)
        self.scale_cond = embedder(plan.width, plan.embedding)
        self.zero_convs = nn.ModuleList(_unmixed(width) for width in plan.skip_widths)
        self.middle_block_out = _unmixed(plan.middle_width)
        self.input_hint_block = nn.Conv2d(plan.channels, plan.width, 3, padding=1)

    def forward(self, latents: Tensor, timesteps: Tensor, text: Tensor, hint: Hint) -> list[Tensor]:
        """What is added to the U-Net.

        Args:
            latents: that the U-Net sees too, ``(B, C, F, H, W)``.
            timesteps: ``(B,)``.
            text: ``(B, L, D)``.
            hint: the video.

        Returns:
            ``(B * F, ...)`` for each skip connection, from the finest, and last for the middle.
        """
        frames, keys = latents.shape[2], hint.keys.flatten()
        on_keys = self.hint_time_zero_linear(self.embedded(hint.timestep)) + self.scale_cond(self.sines(hint.up_scale))
        embedding = self.embedded(timesteps).repeat_interleave(frames, 0)
        embedding = embedding + keys[:, None] * on_keys.repeat_interleave(frames, 0)
        given = Given(embedding, text.repeat_interleave(frames, 0), frames)

        convolution, temporal = self.input_blocks[0]
        features = convolution(latents.transpose(1, 2).flatten(0, 1))
        seen = self.input_hint_block(hint.latents.transpose(1, 2).flatten(0, 1))
        features = features.index_add(0, keys.nonzero()[:, 0], seen)
        features = through([temporal], features, given)
        added = [self.zero_convs[0](features)]
        for block, zero in zip(self.input_blocks[1:], self.zero_convs[1:], strict=True):
            features = along(block, features, given)
            added.append(zero(features))
        return [*added, self.middle_block_out(self.middle_block(features, given))]


def along(block: nn.Module, features: Tensor, given: Given) -> Tensor:
    """Features after a block, which is a list of layers or one that makes them smaller."""
    return through([block] if isinstance(block, Downsample) else block, features, given)  # type: ignore[arg-type]


def _block(layers: list[nn.Module]) -> nn.Module:
    return layers[0] if isinstance(layers[0], Downsample) else Layers(layers)


def _unmixed(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width, width, 1))
