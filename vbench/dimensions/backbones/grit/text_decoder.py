"""The text decoder: a region's features become words, the likeliest word first.

Wu et al., "GRiT: A Generative Region-to-text Transformer for Object Understanding", 2022, section 3.2. One decoder
serves both tasks; the token that it begins with says which one is meant.

A region's features see each other and no words; a word sees the features and the words before it. Keys and values of
everything seen are kept, so each step computes one word, and the features are computed once for all tasks.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.dimensions.backbones.wordpiece import END

LONGEST = 40
"""Tokens of a description, the one that it begins with included."""

NEVER = -10_000.0
"""Logit of the word that was just written: none comes twice in a row."""


class Memory:
    """Keys and values of one layer, with room for ``room`` tokens."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.length = 0
        self._keys = self._values = torch.empty(0)

    def add(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Keep the ``(N, heads, tokens, c)`` of new tokens; returns those of all tokens so far."""
        if not self.length:
            rows, heads, _, size = keys.shape
            self._keys, self._values = keys.new_empty(2, rows, heads, self.room, size)
        new = slice(self.length, self.length + keys.shape[2])
        self._keys[:, :, new], self._values[:, :, new] = keys, values
        self.length = new.stop
        return self._keys[:, :, : new.stop], self._values[:, :, : new.stop]


class TextDecoder(nn.Module):
    """Greedy descriptions of regions; attribute names are those of the checkpoint."""

    def __init__(
        self, channels: int = 256, width: int = 768, heads: int = 12, depth: int = 6, words: int = 30522
    ) -> None:
        super().__init__()
        self.depth = depth
        self.object_feature_projection = nn.Sequential(nn.Linear(channels, width), nn.LayerNorm(width))
        self.embedding = Embedding(words, width)
        self.transformer = nn.ModuleDict({"encoder": Layers(width, heads, depth)})
        self.output = nn.ParameterDict({"bias": nn.Parameter(torch.zeros(words))})

    def forward(self, features: Tensor, begins: Sequence[int]) -> list[Tensor]:
        """Describe ``(N, V, channels)`` features, once for each token to begin with.

        Returns:
            For each begin token ``(N, length)`` int64: the token itself, then the description, filled up with the end
            token to the longest one of these regions; ``length`` is at most 40.
        """
        visible = features.shape[1]
        memories = [Memory(visible + LONGEST) for _ in range(self.depth)]
        self.transformer["encoder"](self.object_feature_projection(features), memories)
        written = []
        for begin in begins:
            for memory in memories:
                memory.length = visible
            written.append(self._write(torch.full((len(features), 1), begin, device=features.device), memories))
        return written

    def _write(self, ids: Tensor, memories: Sequence[Memory]) -> Tensor:
        is_over = torch.zeros_like(ids, dtype=torch.bool)
        while ids.shape[1] < LONGEST and not is_over.all():
            last = ids[:, -1:]
            logits = self._logits(last, ids.shape[1] - 1, memories)
            if ids.shape[1] > 1:
                logits = logits.scatter(1, last, NEVER)
            word = logits.argmax(1, keepdim=True).masked_fill(is_over, END)
            is_over = word == END
            ids = torch.cat([ids, word], 1)
        return ids

    def _logits(self, word: Tensor, place: int, memories: Sequence[Memory]) -> Tensor:
        """``(N, 1)`` ids of the words at ``place`` -> ``(N, words)``."""
        hidden = self.transformer["encoder"](self.embedding(word, place), memories)
        return F.linear(hidden[:, -1], self.embedding.words.weight, self.output.get_parameter("bias"))


class Embedding(nn.Module):
    """Words and their places to vectors."""

    def __init__(self, words: int, width: int, longest: int = 1024) -> None:
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.positions = nn.Embedding(longest, width)
        self.layer_norm = nn.LayerNorm(width, eps=1e-8)

    def forward(self, word: Tensor, place: int) -> Tensor:
        """``(N, 1)`` ids of the words at ``place``, counted from 0 -> ``(N, 1, width)``."""
        embedded: Tensor = self.layer_norm(self.words(word) + self.positions.weight[place])
        return embedded


class Layers(nn.Module):
    """Layers one after the other, each with a memory of its own."""

    def __init__(self, width: int, heads: int, depth: int) -> None:
        super().__init__()
        self.layer = nn.ModuleList(Layer(width, heads) for _ in range(depth))

    def forward(self, tokens: Tensor, memories: Sequence[Memory]) -> Tensor:
        """``(N, tokens, width)`` -> the same shape."""
        for layer, memory in zip(self.layer, memories, strict=True):
            tokens = layer(tokens, memory)
        return tokens


class Layer(nn.Module):
    """A layer of BERT: attention, then a hidden layer of four times the width; both normalised after they are added."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = nn.ModuleDict({"self": Attention(width, heads), "output": Residual(width, width)})
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, 4 * width)})
        self.output = Residual(4 * width, width)

    def forward(self, tokens: Tensor, memory: Memory) -> Tensor:
        """``(N, tokens, width)`` -> the same shape; each token sees all of these and all that the memory holds."""
        tokens = self.attention["output"](self.attention["self"](tokens, memory), tokens)
        result: Tensor = self.output(F.gelu(self.intermediate["dense"](tokens)), tokens)
        return result


class Attention(nn.Module):
    """Multi-head attention of new tokens to themselves and to all before them."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)

    def forward(self, tokens: Tensor, memory: Memory) -> Tensor:
        """``(N, tokens, width)`` -> the same shape."""
        query, key, value = (self._by_head(project(tokens)) for project in (self.query, self.key, self.value))
        return F.scaled_dot_product_attention(query, *memory.add(key, value)).transpose(1, 2).flatten(2)

    def _by_head(self, tokens: Tensor) -> Tensor:
        return tokens.view(*tokens.shape[:2], self.heads, -1).transpose(1, 2)


class Residual(nn.Module):
    """What a layer adds to its tokens."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, width)
        self.LayerNorm = nn.LayerNorm(width, eps=1e-12)

    def forward(self, hidden: Tensor, tokens: Tensor) -> Tensor:
        """``(N, tokens, inputs)`` and ``(N, tokens, width)`` -> ``(N, tokens, width)``."""
        total: Tensor = self.LayerNorm(self.dense(hidden) + tokens)
        return total
