"""GRiT put together: the network, its checkpoint, and the way from frames to regions and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.dimensions.backbones.base import RegionDescriber, Regions, Wording
from vbench.dimensions.backbones.grit.backbone import VisionTransformer
from vbench.dimensions.backbones.grit.cascade import TEXT_SIDE, RegionHeads, image_of_each, pooled
from vbench.dimensions.backbones.grit.proposals import CenterHead
from vbench.dimensions.backbones.grit.pyramid import FeaturePyramid
from vbench.dimensions.backbones.grit.text_decoder import TextDecoder
from vbench.dimensions.backbones.wordpiece import WordPiece
from vbench.errors import CheckpointMismatch
from vbench.weights.cards import locate
from vbench.weights.load import load_strictly, state_dict

MEAN = (123.675, 116.28, 103.53)
DEVIATION = (58.395, 57.12, 57.375)
MULTIPLE = 32

BEGIN: dict[Wording, int] = {"label": 101, "caption": 104}
"""The token that a text begins with says which wording is meant."""

REGIONS_AT_ONCE = 32
"""Regions that are put into words together, for each frame that goes together; 9 MB of keys and values each."""

UNUSED = "roi_heads.mask_head."

_DECODER = "roi_heads.text_decoder.textual."
_ALIASES = {
    "roi_heads.text_decoder_det.textual.": _DECODER,
    f"{_DECODER}output.weight": f"{_DECODER}embedding.words.weight",
}


class Grit(RegionDescriber):
    """GRiT ViT-B for dense captions and object detection."""

    name = "grit_b"
    checkpoints = ("grit_b", "bert_vocabulary")
    extra = "official"
    at_once_on_gpu = 8

    def __init__(self, network: GritNetwork, vocabulary: WordPiece, device: torch.device) -> None:
        self.network = network.to(device)
        self.vocabulary = vocabulary
        self.device = device

    @classmethod
    def load(cls, device: torch.device) -> Self:  # noqa: D102
        weights, vocabulary = cls.checkpoints
        with torch.device("meta"):
            network = GritNetwork()
        load_strictly(network, used(state_dict(weights)), weights)
        return cls(network, WordPiece.from_vocabulary(locate(vocabulary)), device)

    @torch.inference_mode()
    def find(self, frames: Tensor) -> list[Regions]:  # noqa: D102
        found = (self.network(padded(self.here(chunk)), chunk.shape[2:]) for chunk in self.chunks(frames))
        return [Regions(boxes.cpu(), scores.cpu(), features) for chunk in found for boxes, scores, features in chunk]

    @torch.inference_mode()
    def describe(self, regions: Regions, wordings: Sequence[Wording]) -> Mapping[Wording, tuple[str, ...]]:  # noqa: D102
        texts: dict[Wording, tuple[str, ...]] = dict.fromkeys(wordings, ())
        begins = [BEGIN[wording] for wording in wordings]
        at_once = REGIONS_AT_ONCE * self.at_once
        for start in range(0, len(regions.features), at_once):
            features = regions.features[start : start + at_once]
            written = self.network.write(features.to(self.device), begins)
            for wording, ids in zip(wordings, written, strict=True):
                texts[wording] += tuple(self.vocabulary.decode(row) for row in ids[:, 1:].tolist())
        return texts


class GritNetwork(nn.Module):
    """The whole network; attribute names are those of the checkpoint.

    Args:
        width: channels of the ViT.
        depth: its blocks.
        heads: its attention heads.
        channels: of the pyramid, a multiple of 32.
        hidden: of the box heads.
        text_decoder: puts features of ``channels`` into words; one of full size where it is ``None``.
    """

    def __init__(
        self,
        width: int = 768,
        depth: int = 12,
        heads: int = 12,
        channels: int = 256,
        hidden: int = 1024,
        text_decoder: TextDecoder | None = None,
    ) -> None:
        super().__init__()
        self.backbone = FeaturePyramid(VisionTransformer(width, depth, heads), width, channels)
        self.proposal_generator = nn.ModuleDict({"centernet_head": CenterHead(channels)})
        self.roi_heads = RegionHeads(text_decoder or TextDecoder(), channels, hidden)

    def forward(self, images: Tensor, size: tuple[int, int]) -> list[tuple[Tensor, Tensor, Tensor]]:
        """Normalised and padded images ``(N, 3, H, W)``, of ``size`` before they were padded.

        Returns:
            For each image boxes ``(R, 4)``, scores ``(R,)`` and features ``(R, 196, channels)``.
        """
        levels = self.backbone(images)
        proposals = self.proposal_generator["centernet_head"](levels)
        boxes, scores = zip(*self.roi_heads(levels[:3], proposals, size), strict=True)
        features = pooled(levels[:3], torch.cat(boxes), image_of_each(boxes), TEXT_SIDE).flatten(2).transpose(1, 2)
        by_image = torch.split(features, [len(own) for own in boxes])
        return list(zip(boxes, scores, by_image, strict=True))

    def write(self, features: Tensor, begins: Sequence[int]) -> list[Tensor]:
        """Features ``(N, 196, channels)`` -> for each token to begin with, token ids ``(N, length)``."""
        written: list[Tensor] = self.roi_heads.text_decoder["textual"](features, begins)
        return written


def padded(frames: Tensor) -> Tensor:
    """``(N, 3, H, W)`` in [0, 255] -> ``(N, 3, H', W')`` float32, normalised, then filled up to multiples of 32.

    >>> padded(torch.zeros(1, 3, 33, 64, dtype=torch.uint8)).shape
    torch.Size([1, 3, 64, 64])
    """
    mean, deviation = (frames.new_tensor(values, dtype=torch.float32).view(3, 1, 1) for values in (MEAN, DEVIATION))
    height, width = frames.shape[-2:]
    return F.pad((frames - mean) / deviation, (0, -width % MULTIPLE, 0, -height % MULTIPLE))


def used(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What the network reads of a published file: no mask head, and nothing twice.

    Raises:
        CheckpointMismatch: two names of one tensor hold different values.
    """
    kept = {key: value for key, value in state.items() if not key.startswith(UNUSED)}
    differing = []
    for key in list(kept):
        name = original(key)
        if name != key and name in kept:
            if not torch.equal(kept[key], kept[name]):
                differing.append(f"{key} and {name}")
            del kept[key]
    if differing:
        raise CheckpointMismatch(
            "The checkpoint does not fit GRiT, in which these are one tensor each, but they hold different values: "
            f"{', '.join(differing)}. Get the published file: vbench weights download grit_b --force"
        )
    return kept


def original(key: str) -> str:
    """The first of the names that a tensor has in the published file.

    >>> original("roi_heads.text_decoder_det.textual.output.weight")
    'roi_heads.text_decoder.textual.embedding.words.weight'
    """
    for alias, name in _ALIASES.items():
        key = key.replace(alias, name)
    return key
