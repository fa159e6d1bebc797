"""VideoBooth's U-Net: LaVie's interpolation network, of which one clip is shown to another.

A picture, its latents repeated over the frames and as noisy as the clip's, goes through the network as a clip of its
own. Wherever frames attend to the first frame, what that has to offer is first mixed with what the picture has there:
the paper's attention injection. After the last level, a small U-Net of residual blocks adds what takes the watermarks
of the training videos away.
"""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from vbench.generators.models.inflated_sd import unet as lavie
from vbench.generators.models.inflated_sd.attention import FirstFrameAttention
from vbench.generators.models.inflated_sd.unet import Architecture, Level, ResidualBlock

VIDEOBOOTH = replace(lavie.INTERPOLATION, in_channels=4)


class ExemplarAttention(FirstFrameAttention):
    """Attention to the first and the previous frame, where the last clip of the batch sees the one before it.

    Queries of its first frame attend to that frame and to the other clip's first one; what they get takes the place
    of the first frame's values. Keys stay what they are.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads)
        self.to_k_exemplar = nn.Linear(width, width, bias=False)
        self.to_v_exemplar = nn.Linear(width, width, bias=False)

    @override
    def over(self, tokens: Tensor, frames: int) -> Tensor:
        clips = [torch.unflatten(one, 0, (-1, frames)) for one in self.projected(tokens, tokens)]
        queries, keys, values = clips  # each (B, frames, heads, L, c)
        shown = torch.unflatten(tokens, 0, (-1, frames))[-2, :1]
        shown_keys, shown_values = (
            torch.unflatten(projection(shown), -1, (self.heads, -1)).transpose(1, 2)
            for projection in (self.to_k_exemplar, self.to_v_exemplar)
        )
        mixed = F.scaled_dot_product_attention(
            queries[-1, :1],
            torch.cat([shown_keys, keys[-1, :1]], dim=2),
            torch.cat([shown_values, values[-1, :1]], dim=2),
        )
        values = torch.cat([values[:-1], torch.cat([mixed, values[-1, 1:]])[None]])
        seen_keys, seen_values = (_first_and_previous(one).flatten(0, 1) for one in (keys, values))
        return self.joined(F.scaled_dot_product_attention(queries.flatten(0, 1), seen_keys, seen_values))


def _first_and_previous(frames: Tensor) -> Tensor:
    """``(B, frames, heads, L, c)`` -> ``(B, frames, heads, 2 * L, c)``."""
    first = frames[:, :1]
    return torch.cat([first.expand_as(frames), torch.cat([first, frames[:, :-1]], dim=1)], dim=3)


class Block(lavie.Block):
    """LaVie's, with an eye on the picture."""

    def __init__(self, width: int, architecture: Architecture, only_text: bool) -> None:
        super().__init__(width, architecture, only_text)
        self.attn1 = ExemplarAttention(width, architecture.heads)


class Transformer(lavie.Transformer):
    """LaVie's, with an eye on the picture."""

    block = Block


class UNet(lavie.UNet):
    """The whole network, for batches of which the last clip is shown the one before it; the others stand alone.

    Used for three: the latents with the negative prompt, the picture with the negative prompt, and the latents with
    the prompt.
    """

    transformer = Transformer

    def __init__(self, architecture: Architecture = VIDEOBOOTH) -> None:
        super().__init__(architecture)
        layers, time_width, groups = architecture.layers, architecture.time_width, architecture.groups
        narrow, wide = architecture.widths[:2]

        def level(inputs: list[int], width: int, downsampled: bool = False, upsampled: bool = False) -> Level:
            residuals = [ResidualBlock(one, width, time_width, groups) for one in inputs]
            return Level(residuals, [], downsampled, upsampled)

        self.watermark_down_blocks = nn.ModuleList(
            [
                level([narrow] * layers, narrow, downsampled=True),
                level([narrow, *[wide] * (layers - 1)], wide, downsampled=True),
                level([wide] * layers, wide),
            ]
        )
        self.watermark_up_blocks = nn.ModuleList(
            [
                level([wide + wide] * (layers + 1), wide, upsampled=True),
                level([*[wide + wide] * layers, wide + narrow], wide, upsampled=True),
                level([wide + narrow, *[narrow + narrow] * layers], narrow),
            ]
        )
        self.watermark_zero_out = nn.Conv2d(narrow, narrow, 1)

    @override
    def between(self, place: str, features: Tensor, time: Tensor, frames: int) -> Tensor:
        if place != f"up_temporal_blocks.{len(self.up_blocks) - 1}":
            return features
        return features + self._without_watermark(features, time, frames)

    def _without_watermark(self, features: Tensor, time: Tensor, frames: int) -> Tensor:
        text = features.new_empty(0)  # nothing here attends to it
        skips = [features]
        for block in self.watermark_down_blocks:
            skips += block.down(skips[-1], text, time, frames)  # type: ignore[operator]
        features = skips[-1]
        for block in self.watermark_up_blocks:
            features = block.up(features, skips, text, time, frames)  # type: ignore[operator]
        added: Tensor = self.watermark_zero_out(features)
        return added
