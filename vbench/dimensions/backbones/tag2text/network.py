"""The network of Tag2Text: a Swin-B and three stacks of BERT layers.

Huang et al., "Tag2Text: Guiding Vision-Language Model via Image Tagging", ICLR 2024, section 3. Attribute names are
those of the published checkpoint, but for the Swin, which is timm's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from timm.models.swin_transformer import SwinTransformer
from torch import Tensor, nn

TAGS, WORDS = 3429, 30524

Pair = tuple[Tensor, Tensor]
"""Keys and values, ``(N, heads, tokens, width / heads)`` each."""


class Tag2TextNetwork(nn.Module):
    """From pixels to tags, and from both to what the text decoder looks at.

    Args:
        size: side of a frame in pixels; a multiple of 32.
        first: width of the Swin's first stage; the last stage has eight times as much.
        depths: layers of the Swin's stages.
        width: of the BERT layers.
        heads: of the BERT layers; the tag head has a third of them.
        depth: layers of the tag encoder, and of the text decoder.
    """

    def __init__(
        self,
        size: int = 384,
        first: int = 128,
        depths: Sequence[int] = (2, 2, 18, 2),
        width: int = 768,
        heads: int = 12,
        depth: int = 12,
    ) -> None:
        super().__init__()
        vision_heads = tuple(first * 2**stage // 32 for stage in range(4))
        self.visual_encoder = SwinTransformer(
            size, window_size=size // 32, embed_dim=first, depths=tuple(depths), num_heads=vision_heads, num_classes=0
        )
        self.label_embed = nn.Embedding(TAGS, width)
        self.vision_multi = TagStack(2, width, heads // 3, first * 8)
        self.fc = TagLogits(TAGS, width)
        self.tag_encoder = Bert(depth, width, heads, first * 8, WORDS)
        self.text_decoder = TextDecoder(depth, width, heads, WORDS)

    def look(self, pixels: Tensor) -> Tensor:
        """``(N, 3, size, size)`` float32, normalised -> image tokens ``(N, 1 + tokens, seen)``, their mean in front."""
        tokens = self.visual_encoder.forward_features(pixels).flatten(1, 2)
        return torch.cat([tokens.mean(1, keepdim=True), tokens], 1)

    def tag_probabilities(self, image: Tensor) -> Tensor:
        """Image tokens -> ``(N, tags)`` in [0, 1]."""
        tags = self.vision_multi(self.label_embed.weight.expand(len(image), -1, -1), image)
        probabilities: Tensor = self.fc(tags).sigmoid()
        return probabilities

    def describe(self, ids: Tensor, image: Tensor) -> Tensor:
        """``(N, length)`` ids of the tags, filled up with 0, and image tokens -> ``(N, length, width)``."""
        description: Tensor = self.tag_encoder(ids, image)
        return description


class TagLogits(nn.Module):
    """A linear classifier for each tag."""

    def __init__(self, tags: int, width: int) -> None:
        super().__init__()
        self.W = nn.Parameter(torch.zeros(1, tags, width))
        self.b = nn.Parameter(torch.zeros(1, tags))

    def forward(self, tags: Tensor) -> Tensor:
        """``(N, tags, width)`` -> ``(N, tags)``."""
        return (self.W * tags).sum(-1) + self.b


class TextDecoder(nn.Module):
    """A causal language model that looks at a description; :class:`Writing` runs it."""

    def __init__(self, depth: int, width: int, heads: int, words: int) -> None:
        super().__init__()
        self.bert = Bert(depth, width, heads, width, words)
        self.cls = nn.ModuleDict({"predictions": Predictions(width, words)})


class Predictions(nn.Module):
    """From the last token to the next."""

    def __init__(self, width: int, words: int) -> None:
        super().__init__()
        self.transform = nn.ModuleDict({"dense": nn.Linear(width, width), "LayerNorm": nn.LayerNorm(width, eps=1e-12)})
        self.decoder = nn.Linear(width, words)

    def forward(self, tokens: Tensor) -> Tensor:
        """``(N, width)`` -> ``(N, words)``."""
        hidden = self.transform["LayerNorm"](F.gelu(self.transform["dense"](tokens)))
        logits: Tensor = self.decoder(hidden)
        return logits


class Writing:
    """Captions while they are written, one a row; each word is computed once.

    Args:
        decoder: the language model.
        description: ``(rows, length, width)``, what each row looks at; padding is looked at too.
    """

    def __init__(self, decoder: TextDecoder, description: Tensor) -> None:
        self.decoder = decoder
        self._described = [layer.crossattention.keys_and_values(description) for layer in decoder.bert]
        self._written = [layer.attention.keys_and_values(description[:, :0]) for layer in decoder.bert]

    def next_token(self, ids: Tensor, origins: Tensor) -> Tensor:
        """Logits of what follows; see :data:`vbench.dimensions.backbones.tag2text.beam_search.NextToken`."""
        self._described = [(keys[origins], values[origins]) for keys, values in self._described]
        before = self._written[0][0].shape[2]
        tokens = self.decoder.bert.embeddings(ids[:, before:], before)
        is_past = torch.ones(ids.shape[1] - before, ids.shape[1], dtype=torch.bool, device=ids.device).tril(before)
        for index, layer in enumerate(self.decoder.bert):
            new = layer.attention.keys_and_values(tokens)
            written = [torch.cat([old[origins], more], 2) for old, more in zip(self._written[index], new, strict=True)]
            self._written[index] = written[0], written[1]
            tokens = layer.read(tokens, self._written[index], self._described[index], is_past)
        logits: Tensor = self.decoder.cls["predictions"](tokens[:, -1])
        return logits


class TagStack(nn.Module):
    """Layers that look at an image and not at each other's tokens."""

    def __init__(self, depth: int, width: int, heads: int, seen: int) -> None:
        super().__init__()
        self._layers = [Layer(width, heads, seen) for _ in range(depth)]
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(self._layers)})

    def forward(self, tokens: Tensor, image: Tensor) -> Tensor:
        """``(N, tokens, width)`` looking at ``(N, things, seen)`` -> the tokens' shape."""
        for layer in self._layers:
            tokens = layer(tokens, layer.crossattention.keys_and_values(image))
        return tokens


class Bert(nn.Module):
    """Words and the layers that read them, looking at something else.

    Args:
        depth: number of layers.
        width: of a token.
        heads: of each attention.
        seen: width of what is looked at.
        words: size of the vocabulary.
    """

    def __init__(self, depth: int, width: int, heads: int, seen: int, words: int) -> None:
        super().__init__()
        self.embeddings = Embeddings(words, width)
        self._layers = [TextLayer(width, heads, seen) for _ in range(depth)]
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(self._layers)})

    def __iter__(self) -> Iterator[TextLayer]:
        return iter(self._layers)

    def forward(self, ids: Tensor, image: Tensor) -> Tensor:
        """``(N, length)`` ids, filled up with 0, and what is looked at -> ``(N, length, width)``."""
        tokens: Tensor = self.embeddings(ids)
        is_text = (ids != 0)[:, None, None]
        for layer in self:
            seen = layer.crossattention.keys_and_values(image)
            tokens = layer.read(tokens, layer.attention.keys_and_values(tokens), seen, is_text)
        return tokens


class Embeddings(nn.Module):
    """Words and their places to vectors."""

    def __init__(self, words: int, width: int, longest: int = 512) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(words, width)
        self.position_embeddings = nn.Embedding(longest, width)
        self.LayerNorm = nn.LayerNorm(width, eps=1e-12)

    def forward(self, ids: Tensor, start: int = 0) -> Tensor:
        """``(N, length)`` ids, the first at place ``start`` -> ``(N, length, width)``."""
        places = self.position_embeddings.weight[start : start + ids.shape[1]]
        embedded: Tensor = self.LayerNorm(self.word_embeddings(ids) + places)
        return embedded


class Layer(nn.Module):
    """Attention to what is looked at, then a hidden layer of four times the width."""

    def __init__(self, width: int, heads: int, seen: int) -> None:
        super().__init__()
        self.crossattention = Attention(width, heads, seen)
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, 4 * width)})
        self.output = Residual(4 * width, width)

    def forward(self, tokens: Tensor, seen: Pair) -> Tensor:
        """``(N, tokens, width)`` and keys and values of what is looked at -> the tokens' shape."""
        tokens = self.crossattention(tokens, seen)
        added: Tensor = self.output(F.gelu(self.intermediate["dense"](tokens)), tokens)
        return added


class TextLayer(Layer):
    """The same after attention to other tokens of the text."""

    def __init__(self, width: int, heads: int, seen: int) -> None:
        super().__init__(width, heads, seen)
        self.attention = Attention(width, heads, width)

    def read(self, tokens: Tensor, text: Pair, seen: Pair, mask: Tensor) -> Tensor:
        """``(N, tokens, width)`` -> the same shape.

        Args:
            tokens: the input.
            text: keys and values of the text.
            seen: keys and values of what is looked at.
            mask: bool, broadcast to ``(N, heads, tokens, text)``; true where a token may look.
        """
        return self.forward(self.attention(tokens, text, mask), seen)


class Attention(nn.Module):
    """Multi-head attention, what it gives added to its tokens."""

    def __init__(self, width: int, heads: int, seen: int) -> None:
        super().__init__()
        self.heads = heads
        self.self = nn.ModuleDict(
            {"query": nn.Linear(width, width), "key": nn.Linear(seen, width), "value": nn.Linear(seen, width)}
        )
        self.output = Residual(width, width)

    def keys_and_values(self, seen: Tensor) -> Pair:
        """``(N, things, seen)`` -> two of ``(N, heads, things, width / heads)``."""
        return self._by_head(self.self["key"](seen)), self._by_head(self.self["value"](seen))

    def forward(self, tokens: Tensor, seen: Pair, mask: Tensor | None = None) -> Tensor:
        """``(N, tokens, width)`` -> the same shape."""
        query = self._by_head(self.self["query"](tokens))
        found = F.scaled_dot_product_attention(query, *seen, attn_mask=mask)
        added: Tensor = self.output(found.transpose(1, 2).flatten(2), tokens)
        return added

    def _by_head(self, tokens: Tensor) -> Tensor:
        return tokens.view(*tokens.shape[:2], self.heads, tokens.shape[2] // self.heads).transpose(1, 2)


class Residual(nn.Module):
    """A linear layer whose output is added to the tokens and normalised with them."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, width)
        self.LayerNorm = nn.LayerNorm(width, eps=1e-12)

    def forward(self, hidden: Tensor, tokens: Tensor) -> Tensor:
        """``(N, tokens, inputs)`` and ``(N, tokens, width)`` -> ``(N, tokens, width)``."""
        total: Tensor = self.LayerNorm(tokens + self.dense(hidden))
        return total
