"""What the two video-text dimensions share in their parity tests: the loaded model, and one visit of each clip."""

from __future__ import annotations

from functools import cache

from tests.parity.conftest import clip
from tests.parity.figures import reference, seeded
from vbench.dimensions.backbones.viclip import ViCLIP
from vbench.dimensions.base import Dimension, VideoScore
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


@cache
def embedder() -> ViCLIP:
    return seeded(ViCLIP)


@cache
def video(name: str) -> Video:
    """A clip that keeps its embedding, as it does while a run visits it."""
    return Video(clip(name))


@cache
def score(dimension: type[Dimension], name: str) -> VideoScore:
    prompt = Prompt(reference(dimension.name)["clips"][name]["prompt"])
    return dimension(video_text_embedder=embedder()).score(video(name), prompt)
