"""DreamSim: what a picture looks like to people, by three transformers that were tuned to their judgements.

- Paper: Fu et al., "DreamSim: Learning New Dimensions of Human Visual Similarity using Synthetic Data", NeurIPS 2023.
- Checkpoints: ``dino_vitb16`` (Apache-2.0); ``dreamsim_clip``, ``dreamsim_open_clip`` and ``dreamsim_lora`` (MIT) of
  the published ensemble.
- Input: uint8 RGB of any size, brought to 224x224 px (its shape is not kept): frames as floats, bicubically with
  antialiasing, neither rounded nor clamped; a picture by Pillow. DINO has ImageNet's mean and deviation, both CLIPs
  have CLIP's.
- Output: 768 + 512 + 512 values side by side, their mean taken out, of unit length. DINO's class token is taken before
  its last norm; the CLIPs' after it and projected.

The adapters (LoRA of rank 16 on every query-key-value layer) are added into the weights when these are read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from vbench.dimensions.backbones.base import PictureEmbedder
from vbench.dimensions.backbones.dino import VisionTransformer
from vbench.dimensions.backbones.pixels import CLIP, IMAGENET, normalise
from vbench.dimensions.backbones.summary_transformer import QuickGELU
from vbench.weights.load import Part, fill, load_strictly, state_dict

SIDE, WIDTH, DEPTH, HEADS = 224, 768, 12, 12

PROJECTED = 512
"""Values that a CLIP's branch gives."""

RANK, ALPHA = 16, 0.5
"""Of the adapters; what they add is scaled with ALPHA / RANK, as their published configuration says."""

BRANCHES = ("dino_vitb16", "dreamsim_clip", "dreamsim_open_clip")
"""Checkpoints in the order of the ensemble."""

ADAPTERS = "dreamsim_lora"


class ClipTower(VisionTransformer):
    """CLIP's image tower in DINO's names: a norm after the positions, and a projection at the end.

    Args:
        activation: makes the perceptrons' activation.
    """

    def __init__(self, activation: Callable[[], nn.Module]) -> None:
        super().__init__(WIDTH, DEPTH, HEADS, eps=1e-5, activation=activation)
        self.pos_drop = nn.LayerNorm(WIDTH, eps=1e-5)
        self.proj = nn.Parameter(torch.zeros(WIDTH, PROJECTED))

    def embedded(self, frames: Tensor) -> Tensor:
        """See :meth:`VisionTransformer.embedded`; normed."""
        normed: Tensor = self.pos_drop(super().embedded(frames))
        return normed

    def forward(self, frames: Tensor) -> Tensor:
        """``(N, 3, 224, 224)`` normalised -> ``(N, 512)``."""
        return super().forward(frames) @ self.proj


class DreamSim(PictureEmbedder):
    """Embeddings by DreamSim's ensemble."""

    name: ClassVar[str] = "dreamsim_ensemble"
    checkpoints: ClassVar[tuple[str, ...]] = (*BRANCHES, ADAPTERS)
    at_once_on_cpu: ClassVar[int] = 4

    def __init__(self, dino: VisionTransformer, clip: ClipTower, open_clip: ClipTower, device: torch.device) -> None:
        self.dino, self.clip, self.open_clip = dino.to(device), clip.to(device), open_clip.to(device)
        self.device = device

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read the ensemble and its adapters; see :meth:`Backbone.load` for the errors."""
        with torch.device("meta"):
            towers = (VisionTransformer(WIDTH, DEPTH, HEADS), ClipTower(QuickGELU), ClipTower(nn.GELU))
            adapters = [Adapters() for _ in towers]
        for tower, name in zip(towers, BRANCHES, strict=True):
            load_strictly(tower, state_dict(name), name)
        parts = [Part(one, _PREFIX.format(place), _published) for place, one in enumerate(adapters)]
        fill(ADAPTERS, state_dict(ADAPTERS), parts)
        for tower, added in zip(towers, adapters, strict=True):
            merge(tower, added)
        return cls(*towers, device)

    def embed_frames(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` uint8 RGB -> ``(N, 1792)`` float32 on the CPU, of unit length."""
        size = (SIDE, SIDE)
        scaled = (
            F.interpolate(chunk.to(self.device).float(), size, mode="bicubic", antialias=True)
            for chunk in self.chunks(frames)
        )
        return torch.cat([self._embedded(chunk) for chunk in scaled])

    def embed_picture(self, picture: Tensor) -> Tensor:
        """``(3, H, W)`` uint8 RGB -> ``(1792,)`` float32 on the CPU, of unit length."""
        image = Image.fromarray(picture.permute(1, 2, 0).numpy()).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None]
        return self._embedded(pixels.to(self.device).float())[0]

    @torch.inference_mode()
    def _embedded(self, pixels: Tensor) -> Tensor:
        """``(N, 3, 224, 224)`` float32 of 0..255 -> ``(N, 1792)``."""
        for_dino, for_clip = normalise(pixels, IMAGENET), normalise(pixels, CLIP)
        features = torch.cat((self.dino.summary(for_dino), self.clip(for_clip), self.open_clip(for_clip)), 1)
        return F.normalize(features - features.mean(1, keepdim=True), dim=1).cpu()


class Adapters(nn.Module):
    """What one tower's query-key-value layers get in addition: two thin matrices each."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ParameterList(torch.zeros(RANK, WIDTH) for _ in range(DEPTH))
        self.up = nn.ParameterList(torch.zeros(3 * WIDTH, RANK) for _ in range(DEPTH))


def merge(tower: VisionTransformer, adapters: Adapters) -> None:
    """Add the adapters into a tower's weights."""
    for place, (down, up) in enumerate(zip(adapters.down, adapters.up, strict=True)):
        tower.get_parameter(f"blocks.{place}.attn.qkv.weight").add_(ALPHA / RANK * (up @ down))


_PREFIX = "base_model.model.extractor_list.{}.model.blocks."


def _published(name: str) -> str:
    """``down.7`` -> the published file's name of it, without the tower's."""
    matrix, _, block = name.partition(".")
    return f"{block}.attn.qkv.lora_{'A' if matrix == 'down' else 'B'}.weight"
