"""Show-1's U-Nets in pixels: DeepFloyd IF's, with layers along time between those of a frame.

A convolution along time stands behind each residual block of a level, a temporal transformer behind each attention.

Zhang et al., "Show-1: Marrying Pixel and Latent Diffusion Models for Text-to-Video Generation" (2023). The network of a
frame is diffusers', as its configuration says; parameter names are those of the published files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diffusers import UNet2DConditionModel
from diffusers.models.resnet import TemporalConvLayer
from diffusers.models.transformers.transformer_temporal import TransformerTemporalModel
from torch import Tensor, nn

FIRST_HEADS, FIRST_HEAD = 8, 64
"""Number and width of the heads of the temporal transformer behind the first convolution, where there is one."""

FIRST = "transfromer_in_opt"
"""What says so in a configuration; spelt as published."""

_BLOCKS = ("down_block_types", "mid_block_type", "up_block_types")


class FrameUNet(nn.Module):
    """A network of frames that are denoised together.

    Args:
        config: of the published network; its blocks end with 3D where frames see each other, with 2D where they do not.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        flat = {**config, **{name: _flat(config[name]) for name in _BLOCKS if config.get(name)}}
        first = flat.pop(FIRST, False)
        network: Any = UNet2DConditionModel.from_config(flat)
        self.network = network
        self.frames = 1
        if "3D" in str(config["down_block_types"]):
            self._see_time(bool(first))

    def forward(self, video: Tensor, timestep: Tensor, text: Tensor, labels: Tensor | None = None) -> Tensor:
        """What the network predicts.

        Args:
            video: ``(B, C, F, H, W)``.
            timestep: a single one.
            text: ``(B, L, D)``.
            labels: ``(B,)``, how much noise was added to what is enlarged, for networks that enlarge.

        Returns:
            ``(B, C', F, H, W)``.
        """
        self.frames = video.shape[2]
        frames = video.transpose(1, 2).flatten(0, 1)
        text = text.repeat_interleave(self.frames, 0)
        labels = None if labels is None else labels.repeat_interleave(self.frames, 0)
        out: Tensor = self.network(frames, timestep, text, class_labels=labels).sample
        return out.reshape(-1, self.frames, *out.shape[1:]).transpose(1, 2)

    def _see_time(self, first: bool) -> None:
        network = self.network
        if first:
            network.transformer_in = TransformerTemporalModel(FIRST_HEADS, FIRST_HEAD, network.conv_in.out_channels)
            self._follow(network.conv_in, network.transformer_in)
        for block in (*network.down_blocks, network.mid_block, *network.up_blocks):
            widths = [residual.out_channels for residual in block.resnets]
            block.temp_convs = nn.ModuleList(map(TemporalConvLayer, widths))
            for residual, along in zip(block.resnets, block.temp_convs, strict=True):
                self._follow(residual, along)
            if hasattr(block, "attentions"):
                block.temp_attentions = nn.ModuleList(self._transformer(block, widths[0]) for _ in block.attentions)
                for attention, along in zip(block.attentions, block.temp_attentions, strict=True):
                    self._follow(attention, along)

    def _transformer(self, block: Any, width: int) -> Any:
        heads = (
            getattr(block, "attention_head_dim", None) or block.num_attention_heads
        )  # as published: one for the other
        groups = self.network.config.norm_num_groups
        return TransformerTemporalModel(heads, width // heads, width, norm_num_groups=groups)

    def _follow(self, layer: nn.Module, along: nn.Module) -> None:
        """Let a layer along time work on what another one gives for each frame."""

        def call(_: nn.Module, __: Any, given: Any) -> Any:
            features = given[0] if isinstance(given, tuple) else given
            answer = along(features, num_frames=self.frames)
            changed = answer if isinstance(answer, Tensor) else answer.sample
            return (changed, *given[1:]) if isinstance(given, tuple) else changed

        layer.register_forward_hook(call)


def _flat(kinds: Any) -> Any:
    return kinds.replace("3D", "2D") if isinstance(kinds, str) else [_flat(kind) for kind in kinds]
