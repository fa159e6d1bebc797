"""VEnhancer's checkpoints, the sizes of the networks in them, and its protocol."""

from __future__ import annotations

from dataclasses import dataclass, field

from vbench.generators.models.ldm.sizes import VAE_WIDTHS, Plan, TextSizes

TIMESTEPS = 1000
"""Of training."""

MOST = 48
"""Frames of a result that the protocol has room for."""

LEAST = 4
"""Frames of a chunk."""

GUIDANCE, RESCALE = 7.5, 0.2
"""Of the protocol: how much more of the text, and how much of the deviation is brought back."""


@dataclass(frozen=True)
class Sizes:
    """Of the networks; the defaults are the published ones.

    Attributes:
        plan: of U-Net and control network.
        first_heads: of the temporal transformer behind the first convolution.
        text: of the text tower.
        vae: channels of the VAE by level.
    """

    plan: Plan = field(default_factory=lambda: Plan(convolved=True, extra_rows=1))
    first_heads: int = 8
    text: TextSizes = field(default_factory=TextSizes)
    vae: tuple[int, ...] = VAE_WIDTHS


PUBLISHED = Sizes()


UNET, TEXT, VAE = "venhancer", "openclip_vit_h_14", "stable_diffusion_2_1_base"
"""Its checkpoints, by the names of their cards."""
