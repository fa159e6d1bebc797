"""How a video U-Net is laid out: residual blocks and transformers level by level, down and up again."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from vbench.generators.ldm.attention import SpatialTransformer, TemporalTransformer
from vbench.generators.ldm.blocks import Downsample, ResidualBlock, Upsample


@dataclass(frozen=True)
class Plan:
    """Sizes and variants of a U-Net; the defaults are the published ones that all have in common.

    Attributes:
        channels: of the latents.
        width: channels at full resolution.
        multipliers: of the width, for each level.
        residual_blocks: of each level of the encoder; the decoder has one more.
        attention_levels: how many levels have transformers, from the finest; the middle always has them.
        head_width: channels of an attention head.
        text_width: channels of the text's tokens.
        temporal_convolutions: whether residual blocks have them.
        distance: of relative positions in temporal attention, 0 for none.
        convolved: whether temporal transformers project by convolutions.
        extra_rows: of :class:`~vbench.generators.ldm.blocks.Downsample`.
    """

    channels: int = 4
    width: int = 320
    multipliers: tuple[int, ...] = (1, 2, 4, 4)
    residual_blocks: int = 2
    attention_levels: int = 3
    head_width: int = 64
    text_width: int = 1024
    temporal_convolutions: bool = True
    distance: int = 0
    convolved: bool = False
    extra_rows: int = 0

    @property
    def embedding(self) -> int:
        """Channels of the timestep's embedding."""
        return 4 * self.width

    @property
    def middle_width(self) -> int:
        """Channels at the coarsest level."""
        return self.width * self.multipliers[-1]

    @property
    def skip_widths(self) -> list[int]:
        """Channels of what the encoder hands to the decoder, from the finest."""
        widths = [self.width]
        for level, multiplier in enumerate(self.multipliers):
            blocks = self.residual_blocks + (level < len(self.multipliers) - 1)
            widths += [self.width * multiplier] * blocks
        return widths

    def residual(self, width: int, out: int) -> ResidualBlock:
        """A residual block of this U-Net."""
        return ResidualBlock(width, out, self.embedding, self.temporal_convolutions)

    def transformers(self, width: int) -> list[nn.Module]:
        """A spatial and a temporal transformer."""
        return [
            SpatialTransformer(width, self.head_width, self.text_width),
            TemporalTransformer(width, width // self.head_width, self.head_width, self.convolved, self.distance),
        ]

    def first_temporal(self, heads: int) -> TemporalTransformer:
        """The temporal transformer behind the first convolution; its projections are always convolutions."""
        return TemporalTransformer(self.width, heads, self.head_width, convolved=True, distance=self.distance)

    def encoder(self) -> list[list[nn.Module]]:
        """Blocks behind the first one, each with its layers."""
        blocks, width = list[list[nn.Module]](), self.width
        for level, multiplier in enumerate(self.multipliers):
            for _ in range(self.residual_blocks):
                layers: list[nn.Module] = [self.residual(width, width := self.width * multiplier)]
                blocks.append(layers + (self.transformers(width) if level < self.attention_levels else []))
            if level < len(self.multipliers) - 1:
                blocks.append([Downsample(width, self.extra_rows)])
        return blocks

    def middle(self) -> list[nn.Module]:
        """Layers of the coarsest level."""
        width = self.middle_width
        return [self.residual(width, width), *self.transformers(width), self.residual(width, width)]

    def decoder(self) -> list[list[nn.Module]]:
        """Blocks, each with its layers; their inputs are features and skip features side by side."""
        blocks, width, skips = list[list[nn.Module]](), self.middle_width, self.skip_widths
        for level, multiplier in reversed(list(enumerate(self.multipliers))):
            for place in range(self.residual_blocks + 1):
                layers: list[nn.Module] = [self.residual(width + skips.pop(), width := self.width * multiplier)]
                layers += self.transformers(width) if level < self.attention_levels else []
                if level and place == self.residual_blocks:
                    layers.append(Upsample(width, self.extra_rows))
                blocks.append(layers)
        return blocks

    def head(self) -> nn.Sequential:
        """Features to a prediction of the latents' shape."""
        return nn.Sequential(
            nn.GroupNorm(32, self.width), nn.SiLU(), nn.Conv2d(self.width, self.channels, 3, padding=1)
        )
