"""Tag2Text as a captioner."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import ClassVar, Self

import torch
from torch import Tensor, nn

from vbench.dimensions.backbones.base import Captioner
from vbench.dimensions.backbones.pixels import IMAGENET, normalise
from vbench.dimensions.backbones.tag2text.beam_search import Hypothesis, beam_search
from vbench.dimensions.backbones.tag2text.network import Tag2TextNetwork, Writing
from vbench.dimensions.backbones.wordpiece import END, WordPiece
from vbench.files.json_file import plain_json
from vbench.weights.cards import locate
from vbench.weights.load import load_strictly, state_dict

TAG_NAMES = Path(__file__).parents[2] / "data" / "tag2text_tags.json"
"""The tags in the order of the tag head."""

DISTURBING = (127, 3265, 3338, 3351, 3355, 3359)
"""Tags that spoil captions and are never given: a coin and five numerals."""

PRESENT = 0.7
PROMPT = "a picture of "
BEGIN_CAPTION, BEGIN_TAGS = 30522, 30523
TAG_LENGTH = 40
BEAMS, SHORTEST, LONGEST = 3, 10, 30

LEFT_OUT = re.compile(r"\.(relative_position_index|attn_mask|position_ids|predictions\.bias)$")
STEP = re.compile(r"(?<=visual_encoder\.layers\.)\d(?=\.downsample\.)")


class Tag2Text(Captioner):
    """Tag2Text Swin-B, 14 million images."""

    name = "tag2text_swin_14m"
    checkpoints = ("tag2text_swin_14m", "bert_vocabulary")
    extra = "official"
    size: ClassVar[int] = 384

    def __init__(self, network: Tag2TextNetwork, wordpiece: WordPiece, device: torch.device) -> None:
        self.network, self.wordpiece, self.device = network.to(device), wordpiece, device
        self.tags: list[str] = plain_json(TAG_NAMES.read_text(encoding="utf-8"))
        self._prompt = [BEGIN_CAPTION, *wordpiece.encode(PROMPT)]

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``tag2text_swin_14m`` and ``bert_vocabulary``; see :meth:`Backbone.load` for the errors."""
        network = Tag2TextNetwork()
        load_strictly(network, used(state_dict("tag2text_swin_14m"), network), "tag2text_swin_14m")
        return cls(network, WordPiece.from_vocabulary(locate("bert_vocabulary")), device)

    def captions(self, frames: Tensor, reference_conditioning: bool = True) -> list[str]:
        """``(N, 3, 384, 384)`` uint8 RGB -> N captions in lower case.

        Args:
            frames: in the order of time.
            reference_conditioning: caption ``f`` tells of frame ``f // 3``, as it does in the reference, where a
                repetition that happens twice shifts all frames but the first. The published scores are made so, and
                two thirds of the frames need not be looked at. Without it caption ``f`` tells of frame ``f``.
        """
        if not reference_conditioning:
            return [self.caption(found) for found in self.hypotheses(frames)]
        told = frames[: ceil(len(frames) / BEAMS)]
        captions = self.captions(told, reference_conditioning=False)
        return [captions[index // BEAMS] for index in range(len(frames))]

    @torch.inference_mode()
    def hypotheses(self, frames: Tensor) -> list[Hypothesis]:
        """``(N, 3, 384, 384)`` uint8 RGB -> the likeliest sentence of each frame, as ids."""
        descriptions = torch.cat([self._describe(chunk) for chunk in self.chunks(frames)])
        writing = Writing(self.network.text_decoder, descriptions.repeat_interleave(BEAMS, 0))
        return beam_search(
            writing.next_token,
            self._prompt,
            len(frames),
            beams=BEAMS,
            min_length=SHORTEST,
            max_length=LONGEST,
            end=END,
            device=self.device,
        )

    def _describe(self, frames: Tensor) -> Tensor:
        image = self.network.look(normalise(self.here(frames).float(), IMAGENET))
        ids = torch.tensor([self.tag_ids(tags) for tags in self._tags(image)], device=self.device)
        return self.network.describe(ids, image)

    def _tags(self, image: Tensor) -> list[str]:
        is_present = self.network.tag_probabilities(image) > PRESENT
        is_present[:, DISTURBING] = False
        return [" | ".join(self.tags[index] for index in row.nonzero()[:, 0].tolist()) for row in is_present]

    def tag_ids(self, tags: str) -> list[int]:
        """A frame's tags, separated by bars -> 40 ids for the tag encoder, the rest filled with zeros."""
        ids = [BEGIN_TAGS, *self.wordpiece.encode(tags)[: TAG_LENGTH - 2], END]
        return ids + [0] * (TAG_LENGTH - len(ids))

    def caption(self, hypothesis: Hypothesis) -> str:
        """A sentence without the prompt that it began with: as many characters as the prompt has are cut off."""
        return self.wordpiece.decode(hypothesis.ids)[len(PROMPT) :]


def used(state: Mapping[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """What the network reads of a published file, under the names that it has here.

    Left out are tables that follow from the network's sizes, the second name of a bias, and whatever belongs to no part
    of the network. timm counts the step between two stages of a Swin to the later one.
    """
    parts = tuple(f"{name}." for name, _ in network.named_children())
    kept = {key: value for key, value in state.items() if key.startswith(parts) and not LEFT_OUT.search(key)}
    return {STEP.sub(lambda stage: str(int(stage[0]) + 1), key): value for key, value in kept.items()}
