"""Open-Sora 1.2's VAE: latents to the latents of single frames, causally and in chunks, and those to pixels.

Parameter names are those of the published file. Along time it is MAGVIT-v2's (Yu et al., 2023) in Stable Diffusion's
latents; the frames' VAE is Stable Diffusion XL's.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor, nn

from vbench.generators.models.ldm.sizes import VAE_WIDTHS
from vbench.generators.models.ldm.vae import autoencoder, decoded
from vbench.generators.models.open_sora.weights_files import CHUNK_LATENTS

CUT = 3
"""Frames at the start of a decoded chunk that are none: its first latent stands for one frame, others for four."""

WIDTH, MULTIPLIERS, BLOCKS = 128, (1, 2, 2, 4), 4
"""Channels, their multiples level by level, and residual blocks of each level."""

HALVED = (False, True, True)
"""Whether time is halved behind a level."""


class VideoVAE(nn.Module):
    """Both VAEs of a file; only what decodes is ever called.

    Args:
        width: channels of the one along time.
        widths: channels of the one of frames, by level.
    """

    def __init__(self, width: int = WIDTH, widths: tuple[int, ...] = VAE_WIDTHS) -> None:
        super().__init__()
        self.scale: Tensor
        self.shift: Tensor
        self.register_buffer("scale", torch.zeros(1, 4, 1, 1, 1))
        self.register_buffer("shift", torch.zeros(1, 4, 1, 1, 1))
        self.spatial_vae = _Frames(widths)
        self.temporal_vae = _Time(width)

    def decode(self, latents: Tensor) -> Tensor:
        """Frames of latents.

        Args:
            latents: ``(1, 4, F, H, W)``, a multiple of five of them.

        Returns:
            ``(17 F / 5, 3, 8H, 8W)`` float32 in 0..1 on the CPU.
        """
        whole = latents * self.scale + self.shift
        chunks = [self.temporal_vae.decode(chunk) for chunk in torch.split(whole, CHUNK_LATENTS, dim=2)]
        return decoded(self.spatial_vae.module, torch.cat(chunks, dim=2)[0].transpose(0, 1))


class _Frames(nn.Module):
    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.module: AutoencoderKL = autoencoder(widths)


class _Time(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.encoder = _Encoder(width)
        self.quant_conv = _Causal(8, 8, 1)
        self.post_quant_conv = _Causal(4, 4, 1)
        self.decoder = _Decoder(width)

    def decode(self, chunk: Tensor) -> Tensor:
        """``(1, 4, 5, H, W)`` -> ``(1, 4, 17, H, W)``."""
        out: Tensor = self.decoder(self.post_quant_conv(chunk))
        return out[:, :, CUT:]


class _Encoder(nn.Module):
    """What the file holds beside the decoder; its layers only."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv_in = _Causal(4, width, 3, bias=False)
        self.block_res_blocks, self.conv_blocks, before = nn.ModuleList(), nn.ModuleList(), width
        for level, multiplier in enumerate(MULTIPLIERS):
            after = width * multiplier
            self.block_res_blocks.append(_blocks(before, after))
            before = after
            if level < len(HALVED):
                self.conv_blocks.append(_Causal(after, after, 3) if HALVED[level] else nn.Identity())
        self.res_blocks = _blocks(before, before)
        self.norm1 = nn.GroupNorm(32, before)
        self.conv2 = _Causal(before, 8, 1)


class _Decoder(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        before = width * MULTIPLIERS[-1]
        self.conv1 = _Causal(4, before, 3)
        self.res_blocks = _blocks(before, before)
        levels, doubled = list[nn.Module](), list[nn.Module]()
        for level, multiplier in reversed(list(enumerate(MULTIPLIERS))):
            after = width * multiplier
            levels.insert(0, _blocks(before, after))
            before = after
            if level:
                doubled.insert(0, _Causal(after, 2 * after, 3) if HALVED[level - 1] else nn.Identity())
        self.block_res_blocks, self.conv_blocks = nn.ModuleList(levels), nn.ModuleList(doubled)
        self.norm1 = nn.GroupNorm(32, before)
        self.conv_out = _Causal(before, 4, 3)

    def forward(self, latents: Tensor) -> Tensor:
        """``(1, 4, F, H, W)`` -> ``(1, 4, 4F, H, W)``."""
        features = self.conv1(latents)
        for block in self.res_blocks:
            features = block(features)
        for level in reversed(range(len(MULTIPLIERS))):
            blocks: Any = self.block_res_blocks[level]
            for block in blocks:
                features = block(features)
            if level:
                features = self.conv_blocks[level - 1](features)
                if HALVED[level - 1]:  # channels in pairs become frames
                    features = features.unflatten(1, (-1, 2)).movedim(2, 3).flatten(2, 3)
        out: Tensor = self.conv_out(F.silu(self.norm1(features)))
        return out


class _Residual(nn.Module):
    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(32, width), nn.GroupNorm(32, out)
        self.conv1, self.conv2 = _Causal(width, out, 3, bias=False), _Causal(out, out, 3, bias=False)
        if width != out:
            self.conv3 = _Causal(width, out, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        hidden = self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(features))))))
        kept = self.conv3(features) if hasattr(self, "conv3") else features
        added: Tensor = kept + hidden
        return added


class _Causal(nn.Module):
    """A convolution that sees this frame and those before it."""

    def __init__(self, width: int, out: int, kernel: int, bias: bool = True) -> None:
        super().__init__()
        self.kernel = kernel
        self.conv = nn.Conv3d(width, out, kernel, bias=bias)

    def forward(self, features: Tensor) -> Tensor:
        side = self.kernel // 2
        out: Tensor = self.conv(F.pad(features, (side, side, side, side, self.kernel - 1, 0)))
        return out


def _blocks(width: int, out: int) -> nn.ModuleList:
    return nn.ModuleList(_Residual(width if place == 0 else out, out) for place in range(BLOCKS))
