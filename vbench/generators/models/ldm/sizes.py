"""Sizes of networks that grew out of latent diffusion; nothing heavy is imported for them."""

from __future__ import annotations

from dataclasses import dataclass

FACTOR = 8
"""Pixels for each latent of Stable Diffusion's VAE, in height and width."""

TEXT_TOKENS = 77
"""Of a text, with its padding."""

VAE_WIDTHS = (128, 256, 512, 512)
"""Channels of that VAE by level, from the finest."""


@dataclass(frozen=True)
class TextSizes:
    """Of a text tower; the defaults are ViT-H-14's."""

    width: int = 1024
    heads: int = 16
    layers: int = 24


@dataclass(frozen=True)
class PictureSizes:
    """Of a picture tower, and of what makes tokens for the U-Net of what it sees; the defaults are ViT-H-14's.

    Attributes:
        width: channels of the tower.
        heads: of its attentions.
        layers: how many.
        patch: pixels of a patch's side.
        side: of the picture, in pixels.
        tokens: that the U-Net is given.
        resampled: channels while they are made.
        resamplings: how many times they look at the picture.
    """

    width: int = 1280
    heads: int = 16
    layers: int = 32
    patch: int = 14
    side: int = 224
    tokens: int = 16
    resampled: int = 1024
    resamplings: int = 4


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
        extra_rows: of downsampling: zeros above and below beyond the usual row.
        sees_picture: whether a picture's tokens stand behind the text's.
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
    sees_picture: bool = False

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
