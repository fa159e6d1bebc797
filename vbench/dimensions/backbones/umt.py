"""UMT: which of 400 actions a clip shows.

Paper: Li et al., "Unmasked Teacher: Towards Training-Efficient Video Foundation Models", ICCV 2023. A plain video
transformer, ViT-L/16, that lets all tokens of 16 frames attend to each other.

Checkpoint: ``umt_l16_k400`` (pretrained and tuned on Kinetics-710, then on Kinetics-400), MIT. The published file is
the bare state dict. Its position table is not learnt; it is always computed here, also where a file holds one.

Input: 16 frames, uint8 RGB. The short side becomes 256 (OpenCV's bilinear filter on uint8, no antialiasing; the long
side is cut to an integer), then the central 224 x 224 pixels are taken and normalised with ImageNet's mean and
deviation.

Output: 400 probabilities. They are independent sigmoids and do not sum to 1.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar, Self

import cv2
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.dimensions.backbones.arithmetic import computes
from vbench.dimensions.backbones.base import ActionClassifier
from vbench.dimensions.backbones.pixels import IMAGENET, centre_crop, normalise, scaled_size
from vbench.weights.load import load_strictly, state_dict

LABELS = Path(__file__).parents[1] / "data" / "kinetics_400.txt"
"""Names of the actions, one a line, in the order of the classifier's outputs."""

SHORT_SIDE, CROP = 256, 224


class UMT(ActionClassifier):
    """UMT ViT-L/16 for Kinetics-400."""

    name = "umt_l16_k400"
    checkpoints = ("umt_l16_k400",)
    extra = "official"
    frames_seen: ClassVar[int] = 16

    def __init__(self, network: VideoClassifier, device: torch.device) -> None:
        self.network = network.to(device)
        self.device = device
        self.labels = tuple(LABELS.read_text(encoding="utf-8").lower().splitlines())

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``umt_l16_k400``; see :meth:`Backbone.load` for the errors."""
        positions = position_table(cls.frames_seen, CROP // 16, 1024)
        with torch.device("meta"):
            network = VideoClassifier()
        load_strictly(network, {"pos_embed": positions, **state_dict("umt_l16_k400")}, "umt_l16_k400")
        network.pos_embed = nn.Parameter(positions, requires_grad=False)
        return cls(network, device)

    @computes
    def probabilities(self, frames: Tensor) -> Tensor:
        """``(16, 3, H, W)`` uint8 RGB -> ``(400,)`` float32 in [0, 1] on the CPU."""
        clip = self.here(preprocess(frames))
        logits: Tensor = self.network(clip.transpose(0, 1)[None])
        return logits[0].sigmoid().cpu()


class UMTTF32(UMT):
    """UMT ViT-L/16 with products of TF32."""

    name = "umt_l16_k400_tf32"
    arithmetic = "tf32"


def preprocess(frames: Tensor) -> Tensor:
    """``(N, 3, H, W)`` uint8 -> ``(N, 3, 224, 224)`` float32, normalised.

    >>> preprocess(torch.zeros(2, 3, 96, 128, dtype=torch.uint8)).shape
    torch.Size([2, 3, 224, 224])
    """
    height, width = scaled_size(frames.shape[-2], frames.shape[-1], SHORT_SIDE)
    if frames.shape[-2:] != (height, width):

        def resized(frame: Tensor) -> Tensor:
            picture = cv2.resize(frame.permute(1, 2, 0).numpy(), (width, height), interpolation=cv2.INTER_LINEAR)
            return torch.from_numpy(picture).permute(2, 0, 1)

        # OpenCV lets other threads run meanwhile.
        with ThreadPoolExecutor(min(len(frames), os.cpu_count() or 1)) as pool:
            frames = torch.stack(list(pool.map(resized, frames)))
    return normalise(centre_crop(frames, CROP).float(), IMAGENET)


def position_table(frames: int, side: int, width: int, trained_frames: int = 8) -> Tensor:
    """The fixed sinusoids of all tokens of a clip, ``(1, frames * side * side, width)`` float32.

    They are laid out for ``trained_frames`` frames and stretched linearly along time.

    >>> position_table(4, 1, 2, trained_frames=2)[0, :, 0]
    tensor([0.0000, 0.2104, 0.6311, 0.8415])
    """
    tokens = trained_frames * side * side
    channel = torch.arange(width, dtype=torch.float64)
    frequency = 10000 ** (-2 * (channel // 2) / width)
    angles = torch.arange(tokens, dtype=torch.float64)[:, None] * frequency
    table = torch.where(channel % 2 == 0, angles.sin(), angles.cos()).float()
    over_time = table.view(trained_frames, side * side * width).T[None]
    stretched = F.interpolate(over_time, frames, mode="linear", align_corners=False)
    return stretched[0].T.reshape(1, frames * side * side, width)


class VideoClassifier(nn.Module):
    """A video transformer with joint attention over space and time, mean pooling and a linear head.

    Attribute names are those of the published checkpoint.
    """

    def __init__(
        self,
        frames: int = 16,
        size: int = CROP,
        width: int = 1024,
        depth: int = 24,
        heads: int = 16,
        classes: int = 400,
        patch: int = 16,
    ) -> None:
        super().__init__()
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv3d(3, width, (1, patch, patch), stride=(1, patch, patch))})
        self.pos_embed = nn.Parameter(torch.zeros(1, frames * (size // patch) ** 2, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.fc_norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, classes)

    def forward(self, clips: Tensor) -> Tensor:
        """``(N, 3, frames, size, size)`` float32, normalised -> ``(N, classes)`` logits.

        Tokens lie one after the other in memory, as heads do in the attention: a CPU is slow on strided rows.
        """
        tokens = self.patch_embed["proj"](clips).flatten(2).transpose(1, 2).contiguous() + self.pos_embed
        pooled = self.blocks(tokens).mean(1)
        logits: Tensor = self.head(self.fc_norm(pooled))
        return logits


class Block(nn.Module):
    """Attention, then a hidden layer of four times the width; both normalised before and added after."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})

    def forward(self, tokens: Tensor) -> Tensor:
        """``(N, tokens, width)`` -> the same shape."""
        tokens = tokens + self.attn(self.norm1(tokens))
        hidden = F.gelu(self.mlp["fc1"](self.norm2(tokens)))
        added: Tensor = self.mlp["fc2"](hidden)
        return tokens + added


class Attention(nn.Module):
    """Multi-head self-attention whose keys have no bias."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.q_bias = nn.Parameter(torch.zeros(width))
        self.v_bias = nn.Parameter(torch.zeros(width))
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """``(N, tokens, width)`` -> the same shape."""
        bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
        packed = F.linear(tokens, self.qkv.weight, bias).view(*tokens.shape[:2], 3, self.heads, -1)
        query, key, value = packed.permute(2, 0, 3, 1, 4).contiguous()
        attended = F.scaled_dot_product_attention(query, key, value)
        projected: Tensor = self.proj(attended.transpose(1, 2).flatten(2))
        return projected
