"""Vectors of texts: computed once for those of a suite, and never so many that they fill the memory of a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

MOST = 4096
"""Texts whose vectors are kept: several suites' prompts, and 12 MB of the longest vectors."""


class TextVectors:
    """What a network made of texts.

    >>> vectors, asked = TextVectors(most=1), []
    >>> [vectors.of(text, lambda text: asked.append(text) or len(text)) for text in ("cat", "cat", "horse", "cat")]
    [3, 3, 5, 3]
    >>> asked
    ['cat', 'horse', 'cat']

    Args:
        most: texts that are kept; with one more they are all let go of.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._kept: dict[str, Tensor] = {}

    def of(self, text: str, embed: Callable[[str], Tensor]) -> Tensor:
        """The vector of a text.

        Args:
            text: as the network is given it.
            embed: makes the vector, always the same of the same text.
        """
        if text not in self._kept:
            if len(self._kept) >= self.most:
                self._kept.clear()
            self._kept[text] = embed(text)
        return self._kept[text]
