"""AMT-S: the frame half-way between two, from bidirectional all-pairs correlations.

- Paper: Li et al., "AMT: All-Pairs Multi-Field Transforms for Efficient Frame Interpolation", CVPR 2023.
- Checkpoint: ``amt_s`` (amt-s.pth, state dict under ``state_dict``); weights CC-BY-NC-4.0.
- Input: two uint8 RGB frames of one size, mapped to [0, 1] and padded by replication to multiples of 16
  (at least 128 px on both sides); the joint mean of both frames is taken off before the network.
- Output: the frame at time 1/2, padding removed, clipped, scaled to 0..255 and **truncated** to uint8
  (not rounded), as the reference does before it compares frames.

Four decoders go from 1/16 of the resolution to the full one. Each proposes a flow to either frame; after the
first three of them, correlations around the places that the flows point to correct flow and features. The last
one gives several flows, blending masks and residuals, which are merged into one frame.

The network never holds the correlation of all pairs of pixels (1.6 GB for a 720p pair in both directions):
each lookup computes it for one block of source pixels at a time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.dimensions.backbones.arithmetic import computes
from vbench.dimensions.backbones.base import FrameInterpolator
from vbench.dimensions.backbones.padding import crop, margins, pad
from vbench.dimensions.backbones.warping import last_pixel, warp
from vbench.errors import NotApplicable
from vbench.weights.load import load_strictly, state_dict

SMALLEST = 128
"""Pixels: below it the coarsest correlation level has fewer than two rows or columns and cannot be sampled."""

_TIME = 0.5
_LEVELS, _RADIUS = 4, 3
_NEIGHBOURS = (2 * _RADIUS + 1) ** 2
_WIDTHS = (20, 32, 44, 56)
_SIDE = 20
_FIELDS = 3
_BLOCK_BYTES = {"cpu": 64 * 2**20}
_LARGE_BLOCK_BYTES = 2**30
_KEPT_BYTES = {"cpu": 256 * 2**20}
_LARGE_KEPT_BYTES = 4 * 2**30


class AMT(FrameInterpolator):
    """Half-way frames by AMT-S."""

    name: ClassVar[str] = "amt_s"
    checkpoints: ClassVar[tuple[str, ...]] = ("amt_s",)
    at_once_on_gpu: ClassVar[int] = 16

    def __init__(self, network: AMTNetwork, device: torch.device) -> None:
        self.network, self.device = network.to(device), device

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``amt_s``; see :meth:`Backbone.load` for the errors."""
        with torch.device("meta"):
            network = AMTNetwork()
        load_strictly(network, state_dict("amt_s"), "amt_s")
        return cls(network, device)

    @classmethod
    def too_small(cls, height: int, width: int) -> str:
        """See :class:`Backbone`: sides are padded to multiples of 16 first."""
        if min(height, width) > SMALLEST - 16:
            return ""
        return (
            f"Frames of {width}x{height} px are too small for AMT, which needs sides of at least "
            f"{SMALLEST - 15} px. Score larger videos."
        )

    @computes
    def middle(self, first: Tensor, last: Tensor) -> Tensor:
        """Two ``(N, 3, H, W)`` uint8 RGB -> ``(N, 3, H, W)`` uint8 RGB, on the device.

        Raises:
            NotApplicable: a side is shorter than 128 px after padding.
        """
        height, width = first.shape[-2:]
        if told := self.too_small(height, width):
            raise NotApplicable(told)
        around = margins(height, width, 16)
        middles = []
        for pair in zip(self.chunks(first), self.chunks(last), strict=True):
            start, end = (pad(self.here(frames) / 255, around) for frames in pair)
            predicted = crop(self.network(start, end), around)
            middles.append((predicted * 255).to(torch.uint8))
        return torch.cat(middles)


class AMTTF32(AMT):
    """AMT-S with products of TF32."""

    name: ClassVar[str] = "amt_s_tf32"
    arithmetic: ClassVar[str] = "tf32"


class AMTNetwork(nn.Module):
    """The network under its published parameter names.

    A flow is ``(N, 4, H, W)``: right and down to the first frame, then right and down to the last one.
    """

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = _WIDTHS
        self.feat_encoder = MatchingEncoder()
        self.encoder = ContextEncoder()
        self.decoder4 = Decoder(2 * sixteenth + 1, 2 * sixteenth, 4 + eighth)
        self.decoder3 = Decoder(3 * eighth + 4, 3 * eighth, 4 + quarter)
        self.decoder2 = Decoder(3 * quarter + 4, 3 * quarter, 4 + half)
        self.decoder1 = Decoder(3 * half + 4, 3 * half, 8 * _FIELDS)
        self.update4 = Update(eighth, finer=1)
        self.update3 = Update(quarter, finer=2)
        self.update2 = Update(half, finer=4)
        self.comb_block = nn.Sequential(
            nn.Conv2d(3 * _FIELDS, 6 * _FIELDS, 3, padding=1),
            nn.PReLU(6 * _FIELDS),
            nn.Conv2d(6 * _FIELDS, 3, 3, padding=1),
        )

    def forward(self, first: Tensor, last: Tensor) -> Tensor:
        """Two ``(N, 3, H, W)`` in [0, 1] -> the frame between them, ``(N, 3, H, W)`` in [0, 1]."""
        mean = torch.cat((first, last), 2).mean((1, 2, 3), keepdim=True)
        first, last = first - mean, last - mean
        seen_first, seen_last = self.feat_encoder(torch.cat((first, last))).chunk(2)
        onwards, backwards = Correlation(seen_first, seen_last), Correlation(seen_last, seen_first)
        *pyramid, (coarse_first, coarse_last) = zip(self.encoder(first), self.encoder(last), strict=True)

        time = torch.full_like(coarse_first[:, :1], _TIME)
        flow, features = self.decoder4(coarse_first, coarse_last, time).tensor_split((4,), 1)
        flow, features = self.update4(flow, features, onwards, backwards)
        for decoder, update in ((self.decoder3, self.update3), (self.decoder2, self.update2)):
            out = decoder(*_aligned(features, *pyramid.pop(), flow))
            flow, features = out[:, :4] + _magnified(flow, 2), out[:, 4:]
            flow, features = update(flow, features, onwards, backwards)
        fields = self.decoder1(*_aligned(features, *pyramid.pop(), flow))
        return self._merged(first, last, fields, _magnified(flow, 2), mean).clamp(0, 1)

    def _merged(self, first: Tensor, last: Tensor, fields: Tensor, flow: Tensor, mean: Tensor) -> Tensor:
        """Blend the warped frames of every flow field and let the last convolutions mix the candidates."""
        to_first, to_last, masks, residuals = torch.split(fields, [2 * _FIELDS, 2 * _FIELDS, _FIELDS, 3 * _FIELDS], 1)
        candidates = []
        for one, other, mask, residual in zip(
            *(maps.chunk(_FIELDS, 1) for maps in (to_first, to_last, masks.sigmoid(), residuals)), strict=True
        ):
            blend = mask * warp(first, one + flow[:, :2]) + (1 - mask) * warp(last, other + flow[:, 2:])
            candidates.append(blend + mean + residual)
        mixed: Tensor = self.comb_block(torch.cat(candidates, 1))
        return torch.stack(candidates).mean(0) + mixed


class MatchingEncoder(nn.Module):
    """What correlations are computed from."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 7, stride=2, padding=3)
        self.layer1 = nn.Sequential(Bottleneck(32, 32), Bottleneck(32, 32))
        self.layer2 = nn.Sequential(Bottleneck(32, 64, stride=2), Bottleneck(64, 64))
        self.layer3 = nn.Sequential(Bottleneck(64, 96, stride=2), Bottleneck(96, 96))
        self.conv2 = nn.Conv2d(96, 84, 1)

    def forward(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` -> ``(N, 84, H/8, W/8)``."""
        features = F.relu(F.instance_norm(self.conv1(frames)))
        matched: Tensor = self.conv2(self.layer3(self.layer2(self.layer1(features))))
        return matched


class Bottleneck(nn.Module):
    """A residual block with instance norms, which have no parameters."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        inner = outputs // 4
        self.conv1 = nn.Conv2d(inputs, inner, 1)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, padding=1)
        self.conv3 = nn.Conv2d(inner, outputs, 1)
        self.downsample = (
            nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride), nn.InstanceNorm2d(outputs))
            if stride > 1
            else nn.Identity()
        )

    def forward(self, features: Tensor) -> Tensor:
        """``(N, inputs, H, W)`` -> ``(N, outputs, H/stride, W/stride)``."""
        refined = features
        for convolution in (self.conv1, self.conv2, self.conv3):
            refined = F.relu(F.instance_norm(convolution(refined)))
        return F.relu(self.downsample(features) + refined)


class ContextEncoder(nn.Module):
    """What frames are made of, on four levels."""

    def __init__(self) -> None:
        super().__init__()
        for number, (inputs, outputs) in enumerate(zip((3, *_WIDTHS[:-1]), _WIDTHS, strict=True), 1):
            level = nn.Sequential(_convolution(inputs, outputs, stride=2), _convolution(outputs, outputs))
            self.add_module(f"pyramid{number}", level)

    def forward(self, frames: Tensor) -> list[Tensor]:
        """``(N, 3, H, W)`` -> features at 1/2, 1/4, 1/8 and 1/16 of the resolution."""
        levels = [frames]
        for level in self.children():
            levels.append(level(levels[-1]))
        return levels[1:]


class Decoder(nn.Module):
    """From all that is known at one resolution to ``outputs`` channels at twice of it."""

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        self.convblock = nn.Sequential(
            _convolution(inputs, width), SideBlock(width), nn.ConvTranspose2d(width, outputs, 4, stride=2, padding=1)
        )

    def forward(self, *known: Tensor) -> Tensor:
        """Maps of ``inputs`` channels together -> ``(N, outputs, 2H, 2W)``."""
        decoded: Tensor = self.convblock(torch.cat(known, 1))
        return decoded


class SideBlock(nn.Module):
    """A residual block that twice gives its last channels a convolution of their own."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = _convolution(width, width), _convolution(_SIDE, _SIDE)
        self.conv3, self.conv4 = _convolution(width, width), _convolution(_SIDE, _SIDE)
        self.conv5 = nn.Conv2d(width, width, 3, padding=1)
        self.prelu = nn.PReLU(width)

    def forward(self, features: Tensor) -> Tensor:
        """``(N, width, H, W)`` -> the same shape."""
        refined = features
        for everything, side in ((self.conv1, self.conv2), (self.conv3, self.conv4)):
            main, rest = everything(refined).tensor_split((-_SIDE,), 1)
            refined = torch.cat((main, side(rest)), 1)
        corrected: Tensor = self.prelu(features + self.conv5(refined))
        return corrected


class Update(nn.Module):
    """Corrects flow and features by the correlations around the places that the flow points to.

    It works at 1/8 of the resolution, for a decoder whose output is ``finer`` times as large.
    """

    def __init__(self, width: int, finer: int) -> None:
        super().__init__()
        self.finer = finer
        self.convc1 = nn.Conv2d(2 * _LEVELS * _NEIGHBOURS, 64, 1)
        self.convf1 = nn.Conv2d(4, 40, 7, padding=3)
        self.convf2 = nn.Conv2d(40, 20, 3, padding=1)
        self.conv = nn.Conv2d(64 + 20, 68, 3, padding=1)
        self.gru = _two_convolutions(68 + 4 + width, 76)
        self.feat_head = _two_convolutions(76, width)
        self.flow_head = _two_convolutions(76, 4)

    def forward(
        self, flow: Tensor, features: Tensor, onwards: Correlation, backwards: Correlation
    ) -> tuple[Tensor, Tensor]:
        """The decoder's flow and features -> both corrected, in the same shapes."""
        small_flow = _magnified(flow, 1 / self.finer)
        # Along a straight line the way from one frame to the other is the way from the middle over the time left.
        correlation = torch.cat(
            (onwards.around(small_flow[:, 2:] / _TIME), backwards.around(small_flow[:, :2] / (1 - _TIME))), 1
        )
        seen = _leaky(self.convc1(correlation))
        moved = _leaky(self.convf2(_leaky(self.convf1(small_flow))))
        motion = _leaky(self.conv(torch.cat((seen, moved), 1)))
        state = self.gru(torch.cat((motion, small_flow, _resized(features, 1 / self.finer)), 1))
        return (
            flow + _magnified(self.flow_head(state), self.finer),
            features + _resized(self.feat_head(state), self.finer),
        )


class Correlation:
    """Scaled dot products of the pixels of one feature map with neighbourhoods in another.

    Args:
        source: ``(N, C, h, w)``, whose pixels ask.
        target: ``(N, C, h, w)``, where they look, on four levels, each half as large as the one before.
        block_bytes: what the correlations of one block of source pixels with the whole target may take; 64 MiB on a
            CPU and 1 GiB elsewhere where it is ``None``.
        kept_bytes: what those of all blocks may take to be computed once for all that ask, rather than each time;
            256 MiB and 4 GiB.

    Pooling the target's features is pooling the correlations, as both are linear.
    """

    def __init__(
        self, source: Tensor, target: Tensor, block_bytes: int | None = None, kept_bytes: int | None = None
    ) -> None:
        count, channels, height, width = source.shape
        self.targets = [target]
        for _ in range(_LEVELS - 1):
            self.targets.append(F.avg_pool2d(self.targets[-1], 2))
        block_bytes = block_bytes or _BLOCK_BYTES.get(source.device.type, _LARGE_BLOCK_BYTES)
        kept_bytes = _KEPT_BYTES.get(source.device.type, _LARGE_KEPT_BYTES) if kept_bytes is None else kept_bytes
        a_row = count * height * width * source.element_size()
        self.block = max(1, block_bytes // a_row)
        self.sources = torch.split(source.flatten(2).transpose(1, 2) / math.sqrt(channels), self.block, 1)
        all_levels = a_row * height * width * 4 // 3
        self._kept = [self._planes(block) for block in self.sources] if all_levels <= kept_bytes else None

    def around(self, flow: Tensor) -> Tensor:
        """Look around the places that ``flow`` ``(N, 2, h, w)`` leads to: ``(N, levels * 49, h, w)``.

        Within a level the offsets to the right are the slow index, those downwards the fast one.
        """
        height, width = flow.shape[-2:]
        rows, columns = torch.meshgrid(
            torch.arange(height, device=flow.device), torch.arange(width, device=flow.device), indexing="ij"
        )
        places = (torch.stack((columns, rows)) + flow).flatten(2).transpose(1, 2)
        blocks = zip(self._kept or map(self._planes, self.sources), torch.split(places, self.block, 1), strict=True)
        seen = torch.cat([self._sampled(planes, centres) for planes, centres in blocks], 1)
        return seen.transpose(1, 2).reshape(len(flow), -1, height, width)

    def _planes(self, source: Tensor) -> list[Tensor]:
        """Source pixels ``(N, b, C)`` -> on each level their correlations with the target, ``(N b, 1, h, w)``."""
        return [(source @ target.flatten(2)).view(-1, 1, *target.shape[-2:]) for target in self.targets]

    def _sampled(self, levels: Sequence[Tensor], centres: Tensor) -> Tensor:
        """The correlations of a block and where each of its pixels looks ``(N, b, 2)`` -> ``(N, b, levels * 49)``."""
        steps = torch.arange(-_RADIUS, _RADIUS + 1, device=centres.device, dtype=centres.dtype)
        offsets = torch.cartesian_prod(steps, steps)
        seen = []
        for level, planes in enumerate(levels):
            places = 2 * (centres.reshape(-1, 1, 1, 2) / 2**level + offsets) / last_pixel(planes) - 1
            seen.append(F.grid_sample(planes, places, align_corners=True).view(*centres.shape[:2], -1))
        return torch.cat(seen, 2)


def _aligned(features: Tensor, first: Tensor, last: Tensor, flow: Tensor) -> tuple[Tensor, ...]:
    return features, warp(first, flow[:, :2]), warp(last, flow[:, 2:]), flow


def _resized(features: Tensor, factor: float) -> Tensor:
    return features if factor == 1 else F.interpolate(features, scale_factor=factor, mode="bilinear")


def _magnified(flow: Tensor, factor: float) -> Tensor:
    return factor * _resized(flow, factor)


def _leaky(features: Tensor) -> Tensor:
    return F.leaky_relu(features, 0.1)


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, padding=1), nn.PReLU(outputs))


def _two_convolutions(inputs: int, outputs: int, inner: int = 76) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, inner, 3, padding=1), nn.LeakyReLU(0.1), nn.Conv2d(inner, outputs, 3, padding=1)
    )
