"""VideoCrafter's U-Net: latent diffusion's, with temporal transformers and, in its second version, convolutions.

Chen et al., "VideoCrafter1: Open Diffusion Models for High-Quality Video Generation" (2023) and "VideoCrafter2:
Overcoming Data Limitations for High-Quality Video Diffusion Models" (CVPR 2024). Parameter names are those of the
published checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from vbench.generators.models.ldm.attention import Attention, TemporalTransformer
from vbench.generators.models.ldm.blocks import Given, Layers, embedder, sinusoidal
from vbench.generators.models.ldm.layout import decoder, encoder, first_temporal, head, middle
from vbench.generators.models.ldm.sizes import Plan
from vbench.generators.techniques.freeu import Scales, listened

FIRST_HEADS = 8
"""Of the temporal transformer behind the first convolution."""


class UNet(nn.Module):
    """The denoiser; it predicts the noise.

    Args:
        plan: sizes and variants.
        knows_fps: whether it is told frames per second.
    """

    def __init__(self, plan: Plan, knows_fps: bool) -> None:
        super().__init__()
        self.plan = plan
        self.time_embed = embedder(plan.width, plan.embedding)
        self.fps_embedding = embedder(plan.width, plan.embedding) if knows_fps else None
        first = Layers([nn.Conv2d(plan.channels, plan.width, 3, padding=1)])
        self.input_blocks = nn.ModuleList([first, *map(Layers, encoder(plan))])
        self.init_attn = Layers([first_temporal(plan, FIRST_HEADS)])
        self.middle_block = Layers(middle(plan))
        self.output_blocks = nn.ModuleList(map(Layers, decoder(plan)))
        self.out = head(plan)
        self.freeu: tuple[Scales, Callable[[Tensor, float], Tensor]] | None = None

    def forward(
        self, latents: Tensor, timesteps: Tensor, text: Tensor, fps: Tensor, beside: Tensor | None = None
    ) -> Tensor:
        """Noise in the latents.

        Args:
            latents: ``(B, C, F, H, W)``.
            timesteps: ``(B,)`` of training, 0 to 999.
            text: ``(B, L, D)``, a picture's tokens behind it for a network that sees one.
            fps: ``(B,)`` frames per second; a network that does not know of it ignores it.
            beside: ``(B, width)``, added to the sinusoids of the timesteps.

        Returns:
            A tensor like ``latents``.
        """
        sinusoids = sinusoidal(timesteps, self.plan.width)
        embedding = self.time_embed(sinusoids if beside is None else sinusoids + beside)
        if self.fps_embedding is not None:
            embedding = embedding + self.fps_embedding(sinusoidal(fps, self.plan.width))
        frames = latents.shape[2]
        given = Given(embedding.repeat_interleave(frames, 0), text.repeat_interleave(frames, 0), frames)
        features, skips = latents.transpose(1, 2).flatten(0, 1), list[Tensor]()
        for place, block in enumerate(self.input_blocks):
            features = block(features, given)
            if place == 0:
                features = self.init_attn(features, given)
            skips.append(features)
        features = self.middle_block(features, given)
        widest = features.shape[1]
        for block in self.output_blocks:
            skip = skips.pop()
            if self.freeu:
                features, skip = listened(features, skip, widest, *self.freeu)
            features = block(torch.cat([features, skip], dim=1), given)
        noise: Tensor = self.out(features)
        return noise.reshape(-1, frames, *noise.shape[1:]).transpose(1, 2)


def attend_in_windows(unet: UNet, window: int, stride: int) -> None:
    """FreeNoise's attention in every temporal transformer; see :mod:`vbench.generators.techniques.freenoise`."""
    for transformer in unet.modules():
        if isinstance(transformer, TemporalTransformer):
            for layer in transformer.modules():
                if isinstance(layer, Attention):
                    layer.window = (window, stride)
