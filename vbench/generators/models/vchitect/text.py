"""Vchitect-2.0's text: two CLIP towers and T5, put together as in Stable Diffusion 3 (Esser et al., 2024, section 4).

CLIP's 77 tokens, the two towers side by side and zeros up to T5's width, are followed by 256 tokens of T5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

T5_TOKENS = 256

CLIP_LAYER = -2
"""Whose states are CLIP's features."""


@dataclass(frozen=True)
class Text:
    """A prompt as the transformer reads it.

    Attributes:
        tokens: ``(1, 333, C)``, C the width of T5.
        pooled: ``(1, P)``, both towers' projections side by side.
    """

    tokens: Tensor
    pooled: Tensor


@dataclass(frozen=True)
class Encoder:
    """A text model of transformers with its tokenizer."""

    tokenizer: Any
    model: Any

    def __call__(self, prompt: str, length: int, **asked: bool) -> Any:
        """The model's output for a prompt of so many tokens; padding is read like text, and what is longer is cut."""
        tokens = self.tokenizer(
            prompt, padding="max_length", max_length=length, truncation=True, return_tensors="pt"
        ).input_ids
        return self.model(tokens.to(self.model.device), **asked)


@dataclass(frozen=True)
class Encoders:
    """CLIP ViT-L/14, OpenCLIP ViT-bigG/14 and T5-XXL."""

    clip: tuple[Encoder, Encoder]
    t5: Encoder

    def __call__(self, prompt: str) -> Text:
        """Read a prompt."""
        length = self.clip[0].tokenizer.model_max_length
        towers = [encoder(prompt, length, output_hidden_states=True) for encoder in self.clip]
        clip = torch.cat([tower.hidden_states[CLIP_LAYER] for tower in towers], dim=2)
        t5 = self.t5(prompt, T5_TOKENS).last_hidden_state
        widened = F.pad(clip, (0, t5.shape[2] - clip.shape[2]))
        return Text(torch.cat([widened, t5], dim=1), torch.cat([tower.text_embeds for tower in towers], dim=1))
