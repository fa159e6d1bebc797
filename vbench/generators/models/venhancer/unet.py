"""VEnhancer's U-Net, ModelScope's for video to video, with its control network; parameter names are the published."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vbench.generators.models.ldm.blocks import Given, Layers
from vbench.generators.models.ldm.layout import decoder, head
from vbench.generators.models.ldm.sizes import Plan
from vbench.generators.models.venhancer.control import ControlNetwork, Encoder, Hint, along


class UNet(Encoder):
    """The denoiser; it predicts the velocity ``alpha * noise - sigma * clean``."""

    def __init__(self, plan: Plan, first_heads: int) -> None:
        super().__init__(plan, first_heads)
        self.output_blocks = nn.ModuleList(map(Layers, decoder(plan)))
        self.out = head(plan)
        self.VideoControlNet = ControlNetwork(plan, first_heads)

    def forward(self, latents: Tensor, timesteps: Tensor, text: Tensor, hint: Hint) -> Tensor:
        """Velocity of the latents.

        Args:
            latents: ``(B, C, F, H, W)``, an even number of rows at every level but the coarsest.
            timesteps: ``(B,)`` of training, 0 to 999.
            text: ``(B, L, D)``.
            hint: the video to enhance.

        Returns:
            A tensor like ``latents``.
        """
        control = self.VideoControlNet(latents, timesteps, text, hint)
        frames = latents.shape[2]
        embedding = self.embedded(timesteps).repeat_interleave(frames, 0)
        given = Given(embedding, text.repeat_interleave(frames, 0), frames)
        features, skips = latents.transpose(1, 2).flatten(0, 1), list[Tensor]()
        for block in self.input_blocks:
            features = along(block, features, given)
            skips.append(features)
        features = self.middle_block(features, given) + control.pop()
        for block in self.output_blocks:
            features = block(torch.cat([features, skips.pop() + control.pop()], dim=1), given)
        velocity: Tensor = self.out(features)
        return velocity.reshape(-1, frames, *velocity.shape[1:]).transpose(1, 2)
