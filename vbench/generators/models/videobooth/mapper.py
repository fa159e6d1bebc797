"""From what CLIP sees in a picture to five words: one for each depth at which it is looked at."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

DEPTHS = (-1, 4, 8, 12, 16)
"""Layers of CLIP's image encoder after which its tokens are taken, the last one first."""

HIDDEN = 1024


class Mapper(nn.Module):
    """A network for the picture's token and one for its patches' at each depth; names are the checkpoint's.

    Args:
        inputs: channels of the image encoder's tokens.
        outputs: channels of the text encoder's word embeddings.
    """

    def __init__(self, inputs: int = 1024, outputs: int = 768) -> None:
        super().__init__()
        for depth in range(len(DEPTHS)):
            self.add_module(f"mapping_{depth}", _network(inputs, outputs))
            self.add_module(f"mapping_patch_{depth}", _network(inputs, outputs))

    def forward(self, seen: Sequence[Tensor]) -> Tensor:
        """Tokens ``(B, 1 + patches, inputs)`` at each depth, the picture's first -> ``(B, 5, outputs)``."""
        words = [
            self.get_submodule(f"mapping_{depth}")(tokens[:, :1])
            + self.get_submodule(f"mapping_patch_{depth}")(tokens[:, 1:]).mean(dim=1, keepdim=True)
            for depth, tokens in enumerate(seen)
        ]
        return torch.cat(words, dim=1)


def _network(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, HIDDEN),
        nn.LayerNorm(HIDDEN),
        nn.LeakyReLU(),
        nn.Linear(HIDDEN, HIDDEN),
        nn.LayerNorm(HIDDEN),
        nn.LeakyReLU(),
        nn.Linear(HIDDEN, outputs),
    )
