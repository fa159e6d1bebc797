"""LaVie's U-Net: Stable Diffusion's, which sees frames one by one, with attention over the frames between.

Frames lie in the batch, ``(B * F, C, H, W)``, but where something works on whole clips: the residual blocks' and the
last normalisation take their statistics over all frames. Attribute names are those of the published checkpoints,
which are Stable Diffusion's and those of what was added.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from diffusers.models.attention import FeedForward
from diffusers.models.embeddings import TimestepEmbedding, Timesteps
from torch import Tensor, nn

from vbench.generators.models.inflated_sd.attention import (
    Attention,
    FirstFrameAttention,
    OrderedTemporalAttention,
    TemporalAttention,
)


@dataclass(frozen=True)
class Architecture:
    """What differs between the U-Nets; the defaults are LaVie base's.

    Attributes:
        in_channels: of the latents and all that is given beside them.
        out_channels: of what is predicted.
        widths: channels of the levels, the finest first.
        attends: which levels have transformers.
        only_text: levels whose first attention is to the text, as the second, and not to the frame itself.
        layers: residual blocks of a level on the way down; there is one more on the way up.
        heads: of every attention.
        text_width: channels of the text's tokens.
        groups: of the normalisations.
        first_frame: attention to the first and the previous frame instead of the own one, and over frames without
            their order, after the feed-forward layer.
        labels: classes that are told beside the timestep, 0 for none.
    """

    in_channels: int = 4
    out_channels: int = 4
    widths: tuple[int, ...] = (320, 640, 1280, 1280)
    attends: tuple[bool, ...] = (True, True, True, False)
    only_text: tuple[bool, ...] = (False, False, False, False)
    layers: int = 2
    heads: int = 8
    text_width: int = 768
    groups: int = 32
    first_frame: bool = False
    labels: int = 0

    @property
    def time_width(self) -> int:
        """Channels of the embedded timestep."""
        return 4 * self.widths[0]


BASE = Architecture()
INTERPOLATION = replace(BASE, in_channels=8, first_frame=True)


class Block(nn.Module):
    """Attention within a frame, to the text and over the frames, and a feed-forward layer, each added to its input."""

    over_time: ClassVar[str] = "temp"
    """How the checkpoint names the attention over frames."""

    def __init__(self, width: int, architecture: Architecture, only_text: bool) -> None:
        super().__init__()
        heads, text_width = architecture.heads, architecture.text_width
        within = FirstFrameAttention if architecture.first_frame else Attention
        over_time = TemporalAttention if architecture.first_frame else OrderedTemporalAttention
        self.only_text, self.feed_first = only_text, architecture.first_frame
        self.norm1, self.attn1 = nn.LayerNorm(width), within(width, heads, text_width if only_text else None)
        self.norm2, self.attn2 = nn.LayerNorm(width), Attention(width, heads, text_width)
        self.add_module(f"norm_{self.over_time}", nn.LayerNorm(width))
        self.add_module(f"attn_{self.over_time}", over_time(width, heads))
        self.norm3, self.ff = nn.LayerNorm(width), FeedForward(width, activation_fn="geglu")

    def forward(self, tokens: Tensor, text: Tensor, frames: int) -> Tensor:
        """Tokens ``(B * frames, H * W, C)`` and text ``(B * frames, L, text_width)`` -> tokens."""
        tokens = tokens + self._within(self.norm1(tokens), text, frames)
        tokens = tokens + self.attn2(self.norm2(tokens), text)
        if self.feed_first:
            return self._mixed_over_time(self._fed(tokens), frames)
        return self._fed(self._mixed_over_time(tokens, frames))

    def _within(self, tokens: Tensor, text: Tensor, frames: int) -> Tensor:
        if isinstance(self.attn1, FirstFrameAttention):
            return self.attn1.over(tokens, frames)
        attended: Tensor = self.attn1(tokens, text if self.only_text else None)
        return attended

    def _mixed_over_time(self, tokens: Tensor, frames: int) -> Tensor:
        norm, attention = (self.get_submodule(f"{kind}_{self.over_time}") for kind in ("norm", "attn"))
        clips = torch.unflatten(tokens, 0, (-1, frames))
        attended: Tensor = attention(norm(clips).transpose(1, 2).flatten(0, 1))
        return tokens + torch.unflatten(attended, 0, (len(clips), -1)).transpose(1, 2).flatten(0, 1)

    def _fed(self, tokens: Tensor) -> Tensor:
        fed: Tensor = tokens + self.ff(self.norm3(tokens))
        return fed


class Transformer(nn.Module):
    """A block of attentions on feature maps, added to its input."""

    block: ClassVar[type[Block]] = Block

    def __init__(self, width: int, architecture: Architecture, only_text: bool = False) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(architecture.groups, width, eps=1e-6)
        self.proj_in: nn.Module = nn.Conv2d(width, width, 1)
        self.transformer_blocks = nn.ModuleList([self.block(width, architecture, only_text)])
        self.proj_out: nn.Module = nn.Conv2d(width, width, 1)

    def forward(self, features: Tensor, text: Tensor, frames: int) -> Tensor:
        """``(B * frames, C, H, W)`` and text ``(B * frames, L, text_width)`` -> ``(B * frames, C, H, W)``."""
        entered = self.proj_in(self.norm(features))
        tokens = self.transformer_blocks[0](entered.flatten(2).transpose(1, 2), text, frames)
        left: Tensor = self.proj_out(tokens.transpose(1, 2).unflatten(-1, features.shape[-2:]))
        return features + left


class ResidualBlock(nn.Module):
    """Two convolutions, of frames or over frames, with the timestep between them, added to the input.

    Args:
        inputs: channels.
        outputs: channels.
        time_width: channels of the embedded timestep, 0 where it is not told.
        groups: of the normalisations, which are over the whole clip.
        over_frames: how many frames each of the convolutions sees where it is over frames instead of within them.
        eps: of the normalisations.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        time_width: int,
        groups: int,
        over_frames: tuple[int, int] | None = None,
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        self.out_channels = outputs
        first, second = over_frames or (0, 0)
        self.norm1, self.conv1 = nn.GroupNorm(groups, inputs, eps), _convolution(inputs, outputs, first)
        if time_width:
            self.time_emb_proj = nn.Linear(time_width, outputs)
        self.norm2, self.conv2 = nn.GroupNorm(groups, outputs, eps), _convolution(outputs, outputs, second)
        if inputs != outputs:
            self.conv_shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, features: Tensor, frames: int, time: Tensor | None = None) -> Tensor:
        """``(B * frames, inputs, H, W)`` and time ``(B, time_width)`` -> ``(B * frames, outputs, H, W)``."""
        hidden = _convolved(self.conv1, F.silu(over_clips(self.norm1, features, frames)), frames)
        if time is not None:
            hidden = hidden + self.time_emb_proj(F.silu(time)).repeat_interleave(frames, 0)[:, :, None, None]
        hidden = _convolved(self.conv2, F.silu(over_clips(self.norm2, hidden, frames)), frames)
        shortcut = self.conv_shortcut(features) if hasattr(self, "conv_shortcut") else features
        added: Tensor = shortcut + hidden
        return added


def over_clips(layer: nn.Module, features: Tensor, frames: int) -> Tensor:
    """What a layer for ``(B, C, frames, H, W)`` gives for ``(B * frames, C, H, W)``."""
    clips = torch.unflatten(features, 0, (-1, frames)).transpose(1, 2)
    layered: Tensor = layer(clips)
    return layered.transpose(1, 2).flatten(0, 1)


def _convolution(inputs: int, outputs: int, over_frames: int) -> nn.Module:
    if over_frames:
        return nn.Conv3d(inputs, outputs, (over_frames, 1, 1), padding=(over_frames // 2, 0, 0))
    return nn.Conv2d(inputs, outputs, 3, padding=1)


def _convolved(convolution: nn.Module, features: Tensor, frames: int) -> Tensor:
    if isinstance(convolution, nn.Conv3d):
        return over_clips(convolution, features, frames)
    convolved: Tensor = convolution(features)
    return convolved


class Level(nn.Module):
    """Residual blocks, with or without transformers after them, and what changes the resolution.

    Args:
        residuals: with matching inputs and outputs.
        transformers: after each of them, or none; the middle of the U-Net has one less.
        downsampled: whether the level ends at half the resolution.
        upsampled: whether it ends at a larger one.
    """

    def __init__(
        self,
        residuals: Iterable[ResidualBlock],
        transformers: Iterable[Transformer],
        downsampled: bool = False,
        upsampled: bool = False,
    ) -> None:
        super().__init__()
        self.resnets, self.attentions = nn.ModuleList(residuals), nn.ModuleList(transformers)
        width: int = self.resnets[-1].out_channels  # type: ignore[assignment]
        if downsampled:
            self.downsamplers = _named_convolution(nn.Conv2d(width, width, 3, stride=2, padding=1))
        if upsampled:
            self.upsamplers = _named_convolution(nn.Conv2d(width, width, 3, padding=1))

    def down(self, features: Tensor, text: Tensor, time: Tensor, frames: int) -> list[Tensor]:
        """All feature maps on the way, the last of them goes on; arguments as of :class:`UNet`, frames in the batch."""
        passed = []
        for place in range(len(self.resnets)):
            features = self._layer(place, features, text, time, frames)
            passed.append(features)
        if hasattr(self, "downsamplers"):
            passed.append(self.downsamplers[0]["conv"](features))
        return passed

    def middle(self, features: Tensor, text: Tensor, time: Tensor, frames: int) -> Tensor:
        """Feature maps of the same shape."""
        for place in range(len(self.resnets)):
            features = self._layer(place, features, text, time, frames)
        return features

    def up(self, features: Tensor, skips: list[Tensor], text: Tensor, time: Tensor, frames: int) -> Tensor:
        """Feature maps, joined with the last of those that were passed on the way down, which are taken off."""
        for place in range(len(self.resnets)):
            features = self._layer(place, torch.cat([features, skips.pop()], dim=1), text, time, frames)
        if hasattr(self, "upsamplers"):
            larger = F.interpolate(features, skips[-1].shape[-2:], mode="nearest")
            features = self.upsamplers[0]["conv"](larger)
        return features

    def _layer(self, place: int, features: Tensor, text: Tensor, time: Tensor, frames: int) -> Tensor:
        features = self.resnets[place](features, frames, time)
        return self.attentions[place](features, text, frames) if place < len(self.attentions) else features


def _named_convolution(convolution: nn.Conv2d) -> Any:
    return nn.ModuleList([nn.ModuleDict({"conv": convolution})])


class UNet(nn.Module):
    """The whole network, for any number of frames and latents of any size."""

    transformer: ClassVar[type[Transformer]] = Transformer

    def __init__(self, architecture: Architecture = BASE) -> None:
        super().__init__()
        self.architecture = architecture
        widths, time_width, groups = architecture.widths, architecture.time_width, architecture.groups
        self.conv_in = nn.Conv2d(architecture.in_channels, widths[0], 3, padding=1)
        self.time_proj = Timesteps(widths[0], flip_sin_to_cos=True, downscale_freq_shift=0)
        self.time_embedding = TimestepEmbedding(widths[0], time_width)
        if architecture.labels:
            self.class_embedding = nn.Embedding(architecture.labels, time_width)
        coarsest = len(widths) - 1
        before = (widths[0], *widths[:-1])
        self.down_blocks: Any = nn.ModuleList(
            self._level(
                level, [before[level], *[widths[level]] * (architecture.layers - 1)], downsampled=level < coarsest
            )
            for level in range(len(widths))
        )
        last = widths[-1]
        self.mid_block = Level(
            [ResidualBlock(last, last, time_width, groups) for _ in range(2)], [self.transformer(last, architecture)]
        )
        self.up_blocks: Any = nn.ModuleList(
            self._level(level, self._joined_widths(level), upsampled=level > 0) for level in range(coarsest, -1, -1)
        )
        self.conv_norm_out = nn.GroupNorm(groups, widths[0])
        self.conv_out = nn.Conv2d(widths[0], architecture.out_channels, 3, padding=1)

    def forward(
        self,
        latents: Tensor,
        timestep: Tensor,
        text: Tensor,
        labels: Tensor | None = None,
        text_up: Tensor | None = None,
    ) -> Tensor:
        """What is predicted of the latents, their noise or their velocity.

        Args:
            latents: ``(B, in_channels, F, H, W)``, noisy, with all that is given beside them.
            timestep: ``(B,)`` of training, 0..999.
            text: ``(B, L, text_width)``.
            labels: ``(B,)`` int64, for a network that has some.
            text_up: ``(B, F, L, text_width)``, what the way up is told of each frame instead.

        Returns:
            ``(B, out_channels, F, H, W)``.
        """
        frames = latents.shape[2]
        time = self.time_embedding(self.time_proj(timestep).to(latents.dtype))
        if labels is not None:
            time = time + self.class_embedding(labels)
        text = text.repeat_interleave(frames, 0)
        features = self.conv_in(latents.transpose(1, 2).flatten(0, 1))
        skips = [features]
        for number, block in enumerate(self.down_blocks):
            passed = block.down(features, text, time, frames)
            skips += passed
            features = self.between(f"down_temporal_blocks.{number}", passed[-1], time, frames)
        features = self.between("mid_temporal_block", self.mid_block.middle(features, text, time, frames), time, frames)
        text = text if text_up is None else text_up.flatten(0, 1)
        for number, block in enumerate(self.up_blocks):
            features = block.up(features, skips, text, time, frames)
            features = self.between(f"up_temporal_blocks.{number}", features, time, frames)
        predicted: Tensor = self.conv_out(F.silu(over_clips(self.conv_norm_out, features, frames)))
        return torch.unflatten(predicted, 0, (-1, frames)).transpose(1, 2)

    def between(self, place: str, features: Tensor, time: Tensor, frames: int) -> Tensor:
        """What happens to feature maps between two levels: nothing here."""
        return features

    def _level(self, level: int, inputs: Sequence[int], downsampled: bool = False, upsampled: bool = False) -> Level:
        architecture = self.architecture
        width = architecture.widths[level]
        residuals = [ResidualBlock(one, width, architecture.time_width, architecture.groups) for one in inputs]
        transformers = [
            self.transformer(width, architecture, architecture.only_text[level])
            for _ in inputs
            if architecture.attends[level]
        ]
        return Level(residuals, transformers, downsampled, upsampled)

    def _joined_widths(self, level: int) -> list[int]:
        """Input channels of the residual blocks on the way up: what comes, and what was passed on the way down."""
        widths = self.architecture.widths
        comes = [widths[min(level + 1, len(widths) - 1)], *[widths[level]] * self.architecture.layers]
        passed = [*[widths[level]] * self.architecture.layers, widths[max(level - 1, 0)]]
        return [one + other for one, other in zip(comes, passed, strict=True)]


def attend_in_windows(unet: UNet, window: int, stride: int) -> None:
    """FreeNoise's attention over frames; see :mod:`vbench.generators.techniques.freenoise`."""
    for layer in unet.modules():
        if isinstance(layer, OrderedTemporalAttention):
            layer.window = (window, stride)
