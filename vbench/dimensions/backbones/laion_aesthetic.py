"""LAION's aesthetic head: one rating from CLIP ViT-L/14's view of a picture.

- Paper: Schuhmann et al., "LAION-5B", NeurIPS 2022 Datasets and Benchmarks, section on LAION-Aesthetics (predictor V1).
- Checkpoint: ``laion_aesthetic`` (sa_0_4_vit_l_14_linear.pth), 769 numbers; MIT.
- Input: CLIP ViT-L/14 embeddings of any length but zero.
- Output: ratings, about 0 (ugly) to 10 (beautiful); the head is linear and does not clamp.
"""

from __future__ import annotations

from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.dimensions.backbones.base import AestheticHead
from vbench.weights.load import load_strictly, state_dict


class LaionAesthetic(AestheticHead):
    """A linear layer on unit embeddings."""

    name: ClassVar[str] = "laion_aesthetic"
    checkpoints: ClassVar[tuple[str, ...]] = ("laion_aesthetic",)

    def __init__(self, layer: nn.Linear, device: torch.device) -> None:
        self.layer, self.device = layer.to(device), device

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read the checkpoint; see :meth:`Backbone.load` for the errors."""
        layer = nn.Linear(768, 1)
        load_strictly(layer, state_dict("laion_aesthetic"), "laion_aesthetic")
        return cls(layer, device)

    @torch.inference_mode()
    def ratings(self, embeddings: Tensor) -> Tensor:
        """``(N, 768)`` of any precision -> ``(N,)`` float32 on the CPU, about 0 to 10."""
        unit = F.normalize(embeddings.to(self.device, torch.float32), dim=1)
        return torch.cat([self.layer(chunk) for chunk in self.chunks(unit)])[:, 0].cpu()
