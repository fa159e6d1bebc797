"""OpenCLIP's text tower as Stable Diffusion 2 and its descendants use it: what the last block but one says."""

from __future__ import annotations

from collections.abc import Sequence

import open_clip
import torch
from open_clip.transformer import TextTransformer
from torch import Tensor, nn

from vbench.generators.models.ldm.sizes import TEXT_TOKENS as TOKENS
from vbench.generators.models.ldm.sizes import TextSizes


class TextTower(TextTransformer):  # type: ignore[misc]  # open_clip is untyped
    """The tower under the names of open_clip's checkpoints; the projection, scale and last block go unused."""

    def __init__(self, sizes: TextSizes) -> None:
        super().__init__(TOKENS, width=sizes.width, heads=sizes.heads, layers=sizes.layers, output_dim=sizes.width)
        self.logit_scale = nn.Parameter(torch.zeros(()))
        self.attn_mask = torch.full((TOKENS, TOKENS), float("-inf"), device="cpu").triu(
            1
        )  # no weight: real on meta too

    def forward(self, tokens: Tensor) -> Tensor:
        """``(N, 77)`` token ids -> ``(N, 77, width)``."""
        features = self.token_embedding(tokens) + self.positional_embedding
        for block in self.transformer.resblocks[:-1]:
            features = block(features, attn_mask=self.attn_mask)
        normed: Tensor = self.ln_final(features)
        return normed

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Texts -> ``(N, 77, width)``; what is longer than 77 tokens is cut."""
        tokens: Tensor = open_clip.SimpleTokenizer(context_length=TOKENS)(list(texts))
        features: Tensor = self(tokens.to(self.positional_embedding.device))
        return features
