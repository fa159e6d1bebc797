"""LaVie's U-Net for super-resolution: that of Stable Diffusion's x4 upscaler with layers over frames everywhere.

Beside the noisy latents it sees the noised small frames, three channels in the latents' size, and is told by a label
how much noise these have. Attribute names are those of the published checkpoint.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from vbench.generators.models.inflated_sd.attention import Rotation
from vbench.generators.models.inflated_sd.unet import Architecture, Block, ResidualBlock, Transformer, UNet

SUPER_RESOLUTION = Architecture(
    in_channels=7,
    widths=(256, 512, 512, 1024),
    attends=(False, True, True, True),
    only_text=(True, True, True, False),
    text_width=1024,
    labels=1000,
)

GROUPS = 32
"""Of the normalisations in the layers over frames."""


class VSRBlock(Block):
    """A block in the names of this checkpoint."""

    over_time = "temporal"


class VSRTransformer(Transformer):
    """A residual block over frames, then attentions, entered and left by linear layers."""

    block = VSRBlock

    def __init__(self, width: int, architecture: Architecture, only_text: bool = False) -> None:
        super().__init__(width, architecture, only_text)
        self.resblock_temporal = ResidualBlock(width, width, 0, GROUPS, over_frames=(3, 3), eps=1e-6)
        self.proj_in, self.proj_out = PointwiseLinear(width, width), PointwiseLinear(width, width)

    def forward(self, features: Tensor, text: Tensor, frames: int) -> Tensor:
        """See :meth:`Transformer.forward`."""
        return super().forward(self.resblock_temporal(features, frames), text, frames)


class PointwiseLinear(nn.Linear):
    """A linear layer over the channels of each position."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - nn.Linear's name
        """``(N, C, ...)`` -> the same."""
        return super().forward(input.movedim(1, -1)).movedim(-1, 1)


class TemporalModule(nn.Module):
    """A residual block over frames and one within them, whose joint result is added to the input."""

    def __init__(self, width: int, time_width: int) -> None:
        super().__init__()
        self.resblocks_3d_t = ResidualBlock(width, width, time_width, GROUPS, over_frames=(5, 3), eps=1e-6)
        self.resblocks_3d_s = ResidualBlock(width, width, time_width, GROUPS, eps=1e-6)
        self.shift_conv = nn.Conv2d(width, width, 1)

    def forward(self, features: Tensor, time: Tensor, frames: int) -> Tensor:
        """``(B * frames, width, H, W)`` and time ``(B, time_width)`` -> the features' shape."""
        hidden = self.resblocks_3d_s(self.resblocks_3d_t(features, frames, time), frames, time)
        added: Tensor = features + self.shift_conv(hidden)
        return added


class VSRUNet(UNet):
    """The whole network; see :meth:`UNet.forward`, ``labels`` are noise levels."""

    transformer: ClassVar[type[Transformer]] = VSRTransformer

    def __init__(self, architecture: Architecture = SUPER_RESOLUTION) -> None:
        super().__init__(architecture)
        widths, time_width = architecture.widths, architecture.time_width
        self.temporal_rotary_emb = Rotation()
        self.down_temporal_blocks = nn.ModuleList(TemporalModule(width, time_width) for width in widths)
        self.mid_temporal_block = TemporalModule(widths[-1], time_width)
        self.up_temporal_blocks = nn.ModuleList(TemporalModule(width, time_width) for width in reversed(widths))

    def between(self, place: str, features: Tensor, time: Tensor, frames: int) -> Tensor:
        """The temporal module of that place."""
        changed: Tensor = self.get_submodule(place)(features, time, frames)
        return changed
