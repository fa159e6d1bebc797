"""ViCLIP-L/14: eight frames and a text in one space.

Paper: Wang et al., "InternVid: A Large-scale Video-Text Dataset for Multimodal Understanding and Generation", ICLR
2024. A video transformer that lets the patches of all frames attend to each other, beside CLIP's text transformer.

Checkpoint: ``viclip_l`` (InternVid-10M-FLT, state dict under ``model``), Apache-2.0. Its ``temp``, the temperature of
the training, is read and not used.

Input of the video tower: 8 frames, uint8 RGB. The short side becomes 224 by a bicubic filter without antialiasing
unless it is asked for (the long side is cut to an integer), values are rounded back to whole levels, then the central
224 x 224 pixels are taken and normalised with CLIP's mean and deviation.

Input of the text tower: CLIP's byte pairs, 32 of them: a longer text loses its end.

Output: 768 numbers from either tower, not normalised.
"""

from __future__ import annotations

from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transformer import QuickGELU, Transformer
from torch import Tensor, nn

from vbench.dimensions.backbones.arithmetic import computes
from vbench.dimensions.backbones.base import VideoTextEmbedder
from vbench.dimensions.backbones.pixels import CLIP, centre_crop, normalise, scaled_size
from vbench.dimensions.backbones.summary_transformer import SummaryTransformer
from vbench.dimensions.backbones.texts import TextVectors
from vbench.weights.load import load_strictly, state_dict

SIZE, TEXT_LENGTH = 224, 32


class ViCLIP(VideoTextEmbedder):
    """ViCLIP-L/14 of InternVid-10M-FLT."""

    name = "viclip_l"
    checkpoints = ("viclip_l",)
    extra = "official"
    frames_seen: ClassVar[int] = 8

    def __init__(self, network: TwoTowers, device: torch.device) -> None:
        self.network, self.device = network.to(device), device
        self._tokenizer = SimpleTokenizer(context_length=TEXT_LENGTH)
        self._texts = TextVectors()

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``viclip_l``; see :meth:`Backbone.load` for the errors."""
        with torch.device("meta"):
            network = TwoTowers()
        load_strictly(network, state_dict("viclip_l"), "viclip_l")
        return cls(network, device)

    @computes
    def embed_video(self, frames: Tensor, antialias: bool = False) -> Tensor:
        """``(8, 3, H, W)`` uint8 RGB -> ``(768,)`` float32 on the CPU, not normalised."""
        clip = preprocess(self.here(frames), antialias).transpose(0, 1)
        vector: Tensor = self.network.vision_encoder(clip[None])[0].cpu()
        return vector

    @computes
    def embed_text(self, text: str) -> Tensor:
        """One text -> ``(768,)`` float32 on the CPU, not normalised; kept."""
        return self._texts.of(text, self._embed_text)

    def _embed_text(self, text: str) -> Tensor:
        ids = torch.tensor([self.token_ids(text)], device=self.device)
        vector: Tensor = self.network.text_encoder(ids)[0].cpu()
        return vector

    def token_ids(self, text: str) -> list[int]:
        """The 32 ids of a text: start, byte pairs, end, zeros; of a longer one the first 31 and the end."""
        ids: list[int] = self._tokenizer([text])[0].tolist()
        return ids


class ViCLIPTF32(ViCLIP):
    """ViCLIP-L/14 with products of TF32."""

    name = "viclip_l_tf32"
    arithmetic = "tf32"


def preprocess(frames: Tensor, antialias: bool = False) -> Tensor:
    """``(N, 3, H, W)`` uint8 -> ``(N, 3, 224, 224)`` float32, normalised.

    >>> preprocess(torch.zeros(2, 3, 96, 128, dtype=torch.uint8)).shape
    torch.Size([2, 3, 224, 224])
    """
    size = scaled_size(frames.shape[-2], frames.shape[-1], SIZE)
    levels = frames.float()
    if frames.shape[-2:] != size:
        levels = F.interpolate(levels, size, mode="bicubic", antialias=antialias).clamp(0, 255).round()
    return normalise(centre_crop(levels, SIZE), CLIP)


class TwoTowers(nn.Module):
    """The published network; attribute names are those of the checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.vision_encoder = VideoTower()
        self.text_encoder = TextTower()
        self.temp = nn.Parameter(torch.ones(()))


class VideoTower(nn.Module):
    """A transformer over one class token and the patches of all frames."""

    def __init__(
        self,
        frames: int = 8,
        size: int = SIZE,
        patch: int = 14,
        width: int = 1024,
        depth: int = 24,
        heads: int = 16,
        output: int = 768,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(3, width, (1, patch, patch), stride=(1, patch, patch), bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(width))
        self.positional_embedding = nn.Parameter(torch.zeros(1 + (size // patch) ** 2, width))
        self.temporal_positional_embedding = nn.Parameter(torch.zeros(1, frames, width))
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = SummaryTransformer(width, depth, heads)
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.zeros(width, output))

    def forward(self, clips: Tensor) -> Tensor:
        """``(N, 3, frames, size, size)`` float32, normalised -> ``(N, output)``.

        The class token belongs to no frame: it has a position in space and none in time.
        """
        patches = self.conv1(clips).flatten(3).permute(0, 2, 3, 1)  # (N, frames, patches of a frame, width)
        patches = patches + self.positional_embedding[1:] + self.temporal_positional_embedding[:, :, None]
        summary = (self.class_embedding + self.positional_embedding[0]).expand(len(clips), 1, -1)
        tokens = torch.cat([summary, patches.flatten(1, 2)], dim=1)
        seen: Tensor = self.ln_post(self.transformer(self.ln_pre(tokens))[:, 0])
        return seen @ self.proj


class TextTower(nn.Module):
    """A causal transformer that is read at the end token."""

    def __init__(
        self, length: int = TEXT_LENGTH, vocabulary: int = 49408, width: int = 768, depth: int = 12, heads: int = 12
    ) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.positional_embedding = nn.Parameter(torch.zeros(length, width))
        self.transformer = Transformer(width, depth, heads, act_layer=QuickGELU)
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(torch.zeros(width, width))

    def forward(self, ids: Tensor) -> Tensor:
        """``(N, length)`` int64, the end token having the largest id -> ``(N, width)``."""
        tokens = self.token_embedding(ids) + self.positional_embedding
        future = torch.full((ids.shape[1],) * 2, -torch.inf, device=ids.device).triu(1)
        read: Tensor = self.ln_final(self.transformer(tokens, attn_mask=future))
        return read[torch.arange(len(ids)), ids.argmax(1)] @ self.text_projection
