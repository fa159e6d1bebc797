"""A picture instead of a word: the word's place in the prompt, and in the embedded prompt."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

PLACEHOLDER = "sdksd"
"""Stands in the prompt where the picture goes; no word of the language."""


def with_placeholder(prompt: str, word: str) -> str:
    """The prompt in small letters, with the placeholder wherever the word's letters are.

    >>> with_placeholder("A Panda in a tiny pond", "panda")
    'a sdksd in a tiny pond'
    """
    return prompt.lower().replace(word.lower(), PLACEHOLDER)


def injected(embedded: Tensor, ids: Tensor, placeholder: Sequence[int], picture: Tensor) -> Tensor:
    """Embedded tokens of a prompt with a picture's in the place of the placeholder's.

    What stands behind moves; what has no room left is cut off, and what a longer placeholder leaves empty is filled
    from the end. Each placeholder is found by its first token, and what stands behind it is taken from the prompt as
    it was: of two pictures that are close, the first is cut short.

    Args:
        embedded: ``(L, C)``.
        ids: ``(L,)``, of the same tokens.
        placeholder: the ids of its tokens.
        picture: ``(N, C)``.

    Returns:
        ``(L, C)``.
    """
    length = len(embedded)
    spare = max(len(placeholder) - len(picture), 0)
    result = embedded.clone()
    for start in torch.where(ids == placeholder[0])[0].tolist():
        behind = embedded[start + len(placeholder) :]
        result[start:] = torch.cat([picture, behind, embedded[length - spare :]])[: length - start]
    return result
