"""Scene: which facts are read, when a caption is a hit, and what the corrected captions change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import pytest
import torch
from torch import Tensor

from tests.parity.conftest import clip
from vbench.dimensions.backbones.base import Captioner
from vbench.dimensions.scene import Scene, SceneCorrected
from vbench.errors import NotApplicable
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


class Fixed(Captioner):
    """Says the same of every video."""

    name = "fixed"
    size: ClassVar[int] = 48
    own: ClassVar[list[str]] = ["an alley at night"] * 12 + ["a party on the beach"] * 4

    def __init__(self) -> None:
        self.calls: list[tuple[torch.Size, bool]] = []

    @classmethod
    def load(cls, device: torch.device) -> Self:
        raise NotImplementedError

    def captions(self, frames: Tensor, reference_conditioning: bool = True) -> list[str]:
        self.calls.append((frames.shape, reference_conditioning))
        return [self.own[index // 3 if reference_conditioning else index] for index in range(len(frames))]


def official(scene: str) -> dict[str, Any]:
    return {"scene": {"scene": {"scene": scene}}}


def test_every_word_must_occur_somewhere_in_the_caption() -> None:
    score = Scene(captioner=Fixed()).score(Video(clip("large_yuv")), Prompt("x", facts=official("alley night")))
    assert score.value == 1.0
    assert list(score.per_frame) == [1.0] * 16
    assert score.weight == 16
    assert score.details["success_frame_count"] == score.details["frame_count"] == 16


@pytest.mark.parametrize("facts", [official("alley"), {"scene": {"scene": "alley"}}, {"scene": "alley"}])
def test_facts_are_found_at_any_depth(facts: Mapping[str, Any]) -> None:
    assert Scene(captioner=Fixed()).score(Video(clip("large_yuv")), Prompt("x", facts=facts)).value == 1.0


@pytest.mark.parametrize("facts", [{}, {"scene": {}}, {"scene": {"scene": 7}}, {"color": "red"}, {"scene": "  "}])
def test_a_prompt_without_a_scene_is_not_applicable(facts: Mapping[str, Any]) -> None:
    captioner = Fixed()
    with pytest.raises(NotApplicable, match="'a red car' names no scene"):
        Scene(captioner=captioner).score(Video(clip("large_yuv")), Prompt("a red car", facts=facts))
    assert not captioner.calls


def test_the_reference_never_hears_of_the_last_frames_and_the_corrected_dimension_does() -> None:
    captioner, prompt = Fixed(), Prompt("art", facts=official("art"))
    assert Scene(captioner=captioner).score(Video(clip("large_yuv")), prompt).value == 0.0
    corrected = SceneCorrected(captioner=captioner).score(Video(clip("large_yuv")), prompt)
    assert corrected.value == 4 / 16
    assert corrected.details["captions"] == Fixed.own
    assert captioner.calls == [((16, 3, 48, 48), True), ((16, 3, 48, 48), False)]
