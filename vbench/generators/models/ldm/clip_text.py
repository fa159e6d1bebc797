"""OpenAI's CLIP text tower as Stable Diffusion 1 and its descendants use it, under the names of transformers."""

from __future__ import annotations

from collections.abc import Sequence

import open_clip
import torch
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

from vbench.generators.models.ldm.sizes import TEXT_TOKENS, TextSizes

POSITIONS = "text_model.embeddings.position_ids"
"""In files of older versions of transformers; it is no weight."""


class ClipText(CLIPTextModel):
    """The tower, whose published sizes are ViT-L/14's."""

    def __init__(self, sizes: TextSizes) -> None:
        super().__init__(
            CLIPTextConfig(
                hidden_size=sizes.width,
                intermediate_size=4 * sizes.width,
                num_attention_heads=sizes.heads,
                num_hidden_layers=sizes.layers,
            )
        )
        embeddings = next(one for one in self.modules() if hasattr(one, "position_ids"))
        embeddings.position_ids = torch.arange(TEXT_TOKENS, device="cpu")[None]  # no weight: real on meta too

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Texts -> ``(N, 77, width)``; what is longer than 77 tokens is cut, what is shorter padded with its end."""
        tokenizer = open_clip.SimpleTokenizer(context_length=TEXT_TOKENS)
        tokens: Tensor = tokenizer(list(texts))
        ends = (tokens == tokenizer.eot_token_id).int().argmax(1, keepdim=True)
        tokens = tokens.masked_fill(torch.arange(TEXT_TOKENS) > ends, tokenizer.eot_token_id)
        features: Tensor = self(tokens.to(self.device)).last_hidden_state
        return features


def published_name(key: str) -> str:
    """Name of a parameter in files; newer versions of transformers leave out its first part.

    >>> published_name("final_layer_norm.bias"), published_name("text_model.final_layer_norm.bias")
    ('text_model.final_layer_norm.bias', 'text_model.final_layer_norm.bias')
    """
    return f"text_model.{key.removeprefix('text_model.')}"
