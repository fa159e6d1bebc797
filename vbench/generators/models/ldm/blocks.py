"""Convolutions of a video U-Net and how its layers are told apart; features are ``(B * F, C, H, W)``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.generators.models.ldm.attention import SpatialTransformer, TemporalTransformer


@dataclass(frozen=True)
class Given:
    """What layers are told beside the features.

    Attributes:
        embedding: of the timestep and other numbers, ``(B * F, E)``.
        text: ``(B * F, L, D)``.
        frames: of a clip.
    """

    embedding: Tensor
    text: Tensor
    frames: int


def through(layers: Iterable[nn.Module], features: Tensor, given: Given) -> Tensor:
    """Features after these layers, each told what it asks for."""
    for layer in layers:
        if isinstance(layer, ResidualBlock):
            features = layer(features, given.embedding, given.frames)
        elif isinstance(layer, SpatialTransformer):
            features = layer(features, given.text)
        elif isinstance(layer, TemporalTransformer):
            features = layer(features, given.frames)
        else:
            features = layer(features)
    return features


class Layers(nn.ModuleList):
    """Layers one after the other, as :func:`through` calls them."""

    def forward(self, features: Tensor, given: Given) -> Tensor:
        """``(B * F, C, H, W)`` -> the same with other channels or sides."""
        return through(self, features, given)


class ResidualBlock(nn.Module):
    """Two convolutions of each frame with the embedding between them, then four along time where there are any."""

    def __init__(self, width: int, out: int, embedding: int, temporal: bool) -> None:
        super().__init__()
        self.in_layers = nn.Sequential(nn.GroupNorm(32, width), nn.SiLU(), nn.Conv2d(width, out, 3, padding=1))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(embedding, out))
        self.out_layers = nn.Sequential(
            nn.GroupNorm(32, out), nn.SiLU(), nn.Dropout(0.0), nn.Conv2d(out, out, 3, padding=1)
        )
        self.skip_connection = nn.Identity() if width == out else nn.Conv2d(width, out, 1)
        self.temopral_conv = TemporalConvolutions(out) if temporal else None

    def forward(self, features: Tensor, embedding: Tensor, frames: int) -> Tensor:
        """``(B * F, width, H, W)`` and ``(B * F, embedding)`` -> ``(B * F, out, H, W)``."""
        middle = self.in_layers(features) + self.emb_layers(embedding)[:, :, None, None]
        hidden: Tensor = self.skip_connection(features) + self.out_layers(middle)
        if self.temopral_conv is None:
            return hidden
        clips = self.temopral_conv(hidden.reshape(-1, frames, *hidden.shape[1:]).transpose(1, 2))
        changed: Tensor = clips.transpose(1, 2).flatten(0, 1)
        return changed


class TemporalConvolutions(nn.Module):
    """Four convolutions over three frames each, added to what came in; norms are over the whole clip."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(nn.GroupNorm(32, width), nn.SiLU(), _over_time(width))
        self.conv2, self.conv3, self.conv4 = (
            nn.Sequential(nn.GroupNorm(32, width), nn.SiLU(), nn.Dropout(0.0), _over_time(width)) for _ in range(3)
        )

    def forward(self, clips: Tensor) -> Tensor:
        """``(B, width, F, H, W)`` -> the same shape."""
        added: Tensor = self.conv4(self.conv3(self.conv2(self.conv1(clips))))
        return clips + added


class Downsample(nn.Module):
    """Half the height and width.

    Args:
        width: channels.
        extra_rows: rows of zeros above and below beyond the usual one.
    """

    def __init__(self, width: int, extra_rows: int) -> None:
        super().__init__()
        self.op = nn.Conv2d(width, width, 3, stride=2, padding=(1 + extra_rows, 1))

    def forward(self, features: Tensor) -> Tensor:
        """``(N, C, H, W)`` -> ``(N, C, about H / 2, W / 2)``."""
        out: Tensor = self.op(features)
        return out


class Upsample(nn.Module):
    """Twice the height and width, without the extra rows of :class:`Downsample`."""

    def __init__(self, width: int, extra_rows: int) -> None:
        super().__init__()
        self.extra_rows = extra_rows
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        """``(N, C, H, W)`` -> ``(N, C, about 2H, 2W)``."""
        larger = F.interpolate(features, scale_factor=2, mode="nearest")
        out: Tensor = self.conv(larger[:, :, self.extra_rows : larger.shape[2] - self.extra_rows])
        return out


def sinusoidal(numbers: Tensor, width: int) -> Tensor:
    """Cosines, then sines, of numbers at falling frequencies ``10000^(-i / half)``.

    Args:
        numbers: ``(N,)``, such as timesteps.
        width: even.

    Returns:
        ``(N, width)`` float32.
    """
    half = width // 2
    frequencies = torch.exp(-math.log(10000) * torch.arange(half, device=numbers.device, dtype=torch.float32) / half)
    angles = numbers[:, None].float() * frequencies
    return torch.cat([angles.cos(), angles.sin()], dim=1)


def embedder(width: int, out: int) -> nn.Sequential:
    """Sinusoids ``(N, width)`` to an embedding ``(N, out)``."""
    return nn.Sequential(nn.Linear(width, out), nn.SiLU(), nn.Linear(out, out))


def _over_time(width: int) -> nn.Conv3d:
    return nn.Conv3d(width, width, (3, 1, 1), padding=(1, 0, 0))
