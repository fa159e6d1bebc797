"""VideoMAE v2, ViT-g, fine-tuned on Something-Something v2: the network of the content-debiased FVD.

- Paper: Wang et al., "VideoMAE V2: Scaling Video Masked Autoencoders with Dual Masking", CVPR 2023; the distance: Ge et
  al., "On the Content Bias in Fréchet Video Distance", CVPR 2024.
- Checkpoint: ``videomae_v2_g_ssv2`` (vit_g_hybrid_pt_1200e_ssv2_ft.pth, 4 GB).
- Input: uint8 RGB windows of 16 frames, brought to 224x224 (``bilinear``, the aspect not kept), ``x / 255`` and neither
  mean nor deviation, as cd-fvd feeds it.
- Output: the norm of the mean over 2048 tokens, 1408 values.

The network is transformers' ``VideoMAEModel``; keys are compared under the published names, queries, keys and values of
a block in three.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Self

import torch
from torch import Tensor, nn

from vbench.dimensions.backbones.base import WindowEmbedder
from vbench.dimensions.backbones.squares import RESIZINGS
from vbench.errors import MissingExtra
from vbench.weights.load import Part, fill, state_dict

if TYPE_CHECKING:
    from transformers import VideoMAEModel

SIDE, WIDTH, BLOCKS, FRAMES = 224, 1408, 40, 16

CHECKPOINT = "videomae_v2_g_ssv2"

_BLOCK = {
    "encoder.layer.": "blocks.",
    "layernorm_before": "norm1",
    "layernorm_after": "norm2",
    "attention.attention.query": "attn.q",
    "attention.attention.key": "attn.k",
    "attention.attention.value": "attn.v",
    "attention.output.dense": "attn.proj",
    "intermediate.dense": "mlp.fc1",
    "output.dense": "mlp.fc2",
    "embeddings.patch_embeddings.projection": "patch_embed.proj",
    ".q.bias": ".q_bias",
    ".v.bias": ".v_bias",
}


class VideoMAE(WindowEmbedder):
    """Features of windows by VideoMAE v2."""

    name: ClassVar[str] = "videomae_v2_g_ssv2"
    checkpoints: ClassVar[tuple[str, ...]] = (CHECKPOINT,)
    extra: ClassVar[str] = "official"
    layers: ClassVar[Mapping[str, int]] = MappingProxyType({"features": WIDTH})
    embedding: ClassVar[str] = "features"
    fewest: ClassVar[int] = FRAMES
    most: ClassVar[int] = FRAMES
    resizing: ClassVar[str] = "bilinear"
    at_once_on_gpu: ClassVar[int] = 8

    def __init__(self, network: VideoMAEModel, norm: nn.LayerNorm, device: torch.device) -> None:
        self.network, self.norm, self.device = network.to(device), norm.to(device), device  # type: ignore[arg-type]

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``videomae_v2_g_ssv2``; see :meth:`Backbone.load` for the errors."""
        return cls.of(state_dict(CHECKPOINT), BLOCKS, device)

    @classmethod
    def of(cls, state: Mapping[str, Tensor], blocks: int, device: torch.device) -> Self:
        """The network of that many blocks with the tensors of a file.

        Raises:
            CheckpointMismatch: they are not those of such a network.
            MissingExtra: transformers is not installed.
        """
        try:
            from transformers import VideoMAEConfig, VideoMAEModel
        except ImportError as error:
            raise MissingExtra(
                f'VideoMAE needs the package {error.name}. Install it with: pip install "vbench-suite[official]"'
            ) from error
        shape = VideoMAEConfig(
            image_size=SIDE, patch_size=14, num_frames=FRAMES, tubelet_size=2, hidden_size=WIDTH,
            num_hidden_layers=blocks, num_attention_heads=16, intermediate_size=6144, layer_norm_eps=1e-6,
            use_mean_pooling=True,
        )  # fmt: skip
        with torch.device("meta"):
            network, norm = VideoMAEModel(shape), nn.LayerNorm(WIDTH, eps=1e-6)
        fill(CHECKPOINT, in_three(state), [Part(network, published=published), Part(norm, prefix="fc_norm.")])
        return cls(network, norm, device)

    @torch.inference_mode()
    def look(self, windows: Tensor, resizing: str) -> dict[str, Tensor]:
        """``(N, 16, 3, H, W)`` uint8 RGB -> ``features`` ``(N, 1408)`` float32 on the CPU."""
        found = []
        for chunk in self.chunks(windows):
            pixels = RESIZINGS[resizing](chunk.flatten(0, 1).to(self.device).float(), SIDE)
            film = pixels.reshape(*chunk.shape[:3], SIDE, SIDE)
            tokens = self.network(pixel_values=film / 255).last_hidden_state
            found.append(self.norm(tokens.mean(1)).cpu())
        return {"features": torch.cat(found)}


def in_three(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Queries, keys and values, which lie in one matrix, each in its own; without the head, which names actions."""
    parts: dict[str, Tensor] = {}
    for key, value in state.items():
        if key.endswith(".attn.qkv.weight"):
            block = key.removesuffix("qkv.weight")
            parts |= {f"{block}{name}.weight": rows for name, rows in zip("qkv", value.chunk(3), strict=True)}
        elif key not in ("head.weight", "head.bias"):
            parts[key] = value
    return parts


def published(name: str) -> str:
    """A parameter of transformers' network under its name in the file.

    >>> published("encoder.layer.3.attention.attention.value.bias"), published("encoder.layer.3.output.dense.bias")
    ('blocks.3.attn.v_bias', 'blocks.3.mlp.fc2.bias')
    """
    for own, theirs in _BLOCK.items():
        name = name.replace(own, theirs)
    return name
