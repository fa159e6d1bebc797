"""T5 with its tokenizer, as Open-Sora reads prompts."""

from __future__ import annotations

from typing import Any

import torch
import transformers
from torch import Tensor

from vbench.generators.models.show_one.loading import network
from vbench.weights.cards import locate
from vbench.weights.pretrained import read


class T5:
    """The encoder, loaded.

    Args:
        name: of the checkpoint's card.
        checkpoints: a folder that stands for the cache.
        device: to compute on.
        dtype: to compute in.

    Raises:
        CheckpointError: it is not whole.
    """

    def __init__(self, name: str, checkpoints: str, device: torch.device, dtype: torch.dtype) -> None:
        folder = locate(name, checkpoints)
        self.tokenizer: Any = read(transformers.AutoTokenizer, folder)
        self.encoder = network(transformers.T5EncoderModel, folder, dtype).to(device)

    def __call__(self, text: str, length: int) -> Tensor:
        """Features ``(1, L, C)`` without padding; what is longer than ``length`` tokens is cut."""
        tokens = self.tokenizer(
            [text], max_length=length, padding="max_length", truncation=True, return_tensors="pt"
        )  # fmt: skip
        mask = tokens.attention_mask.to(self.encoder.device)
        features: Tensor = self.encoder(tokens.input_ids.to(self.encoder.device), attention_mask=mask)[0]
        return features[:, : int(mask.sum())]
