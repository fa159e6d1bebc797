"""BLIP-2: how well texts fit a picture.

Paper: Li et al., "BLIP-2: Bootstrapping Language-Image Pre-training with Frozen Image Encoders and Large Language
Models", ICML 2023. A ViT-g sees the picture, 32 queries read it, and each text has one vector.

Checkpoint: ``blip2_itm_vit_g`` (Salesforce/blip2-itm-vit-g), the network of
``transformers.Blip2ForImageTextRetrieval``; the publisher states no licence for the weights. Texts are read with
``bert_vocabulary``.

Input: a picture of any size, squashed to 224 x 224 by PIL (bicubic, antialiased, rounded) and normalised with CLIP's
mean and deviation. Output: for each text the largest cosine of its vector with a query's, without a temperature.

The reference's package, LAVIS, rounds the weights of the ViT's linear maps and of its patches to half precision and
computes with them in float32 on a CPU, and normalises what the ViT gives with an epsilon of 1e-5; so does this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from vbench.dimensions.backbones.base import PictureTextMatcher
from vbench.dimensions.backbones.pixels import CLIP, normalise
from vbench.dimensions.backbones.texts import TextVectors
from vbench.dimensions.backbones.wordpiece import BEGIN, END, WordPiece
from vbench.errors import MissingExtra
from vbench.weights.cards import locate
from vbench.weights.pretrained import whole

if TYPE_CHECKING:
    from transformers import Blip2ForImageTextRetrieval

SIDE = 224
EPSILON = 1e-5


class Blip2(PictureTextMatcher):
    """Image-text similarity of BLIP-2."""

    name: ClassVar[str] = "blip2_itm_vit_g"
    checkpoints: ClassVar[tuple[str, ...]] = ("bert_vocabulary", "blip2_itm_vit_g")
    extra: ClassVar[str] = "official"

    def __init__(self, network: Blip2ForImageTextRetrieval, vocabulary: WordPiece, device: torch.device) -> None:
        self.network, self.vocabulary, self.device = network.to(device), vocabulary, device  # type: ignore[arg-type]
        self._texts = TextVectors()

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``blip2_itm_vit_g`` and ``bert_vocabulary``; see :meth:`Backbone.load` for the errors."""
        try:
            from transformers import Blip2ForImageTextRetrieval
        except ImportError as error:
            raise MissingExtra(
                f'BLIP-2 needs the package {error.name}. Install it with: pip install "vbench-suite[official]"'
            ) from error
        vocabulary = WordPiece.from_vocabulary(locate("bert_vocabulary"))
        network = whole(Blip2ForImageTextRetrieval, locate("blip2_itm_vit_g"), dtype=torch.float32)
        network.vision_model.post_layernorm.eps = EPSILON
        halve(network.vision_model)
        return cls(network, vocabulary, device)

    @torch.inference_mode()
    def matches(self, picture: Tensor, texts: Sequence[str]) -> Tensor:
        """``(3, H, W)`` uint8 RGB of any size -> ``(len(texts),)`` cosines, float32 on the CPU."""
        network = self.network
        seen = network.vision_model(pixel_values=squashed(picture).to(self.device)).last_hidden_state
        read = network.qformer(query_embeds=network.query_tokens, encoder_hidden_states=seen).last_hidden_state
        queries = F.normalize(network.vision_projection(read[0]), dim=-1)
        cosines = queries @ torch.stack([self._texts.of(text, self._text) for text in texts]).T
        return cosines.amax(0).cpu()

    def _text(self, text: str) -> Tensor:
        """A text's vector, of unit length."""
        network = self.network
        ids = torch.tensor([[BEGIN, *self.vocabulary.encode(text), END]], device=self.device)
        read = network.qformer(query_embeds=network.embeddings(input_ids=ids), query_length=0).last_hidden_state
        return F.normalize(network.text_projection(read[0, 0]), dim=-1)


def squashed(picture: Tensor) -> Tensor:
    """``(3, H, W)`` uint8 -> ``(1, 3, 224, 224)`` float32, normalised, whatever its shape was."""
    image = Image.fromarray(picture.permute(1, 2, 0).contiguous().numpy())
    square = np.array(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    return normalise(torch.from_numpy(square).permute(2, 0, 1)[None].float(), CLIP)


def halve(vision: nn.Module) -> None:
    """Round to half precision what LAVIS rounds: patches and linear maps, but not the biases of queries and values."""
    for name, layer in vision.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.weight.data = layer.weight.data.half().float()
            if layer.bias is not None and not name.endswith("qkv"):
                layer.bias.data = layer.bias.data.half().float()
