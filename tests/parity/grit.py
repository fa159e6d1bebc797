"""GRiT and the clips, once for all parity tests of the dimensions of objects: a clip remembers what is seen in it."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.parity.conftest import clip
from tests.parity.figures import reference, seeded
from vbench.dimensions.backbones.grit import Grit
from vbench.dimensions.base import Dimension, VideoScore
from vbench.media.video import Video
from vbench.prompts.suite import Prompt

CLIPS = ("pan_wide_rgb", "portrait_rgb", "large_yuv")


@cache
def describer() -> Grit:
    """GRiT with the seeded weights that the goldens were made with."""
    return seeded(Grit)


@cache
def video(name: str) -> Video:
    """A parity clip that keeps its regions."""
    return Video(clip(name))


@cache
def score(kind: type[Dimension], name: str) -> VideoScore:
    """What a dimension says of a clip and its golden's prompt."""
    figures = reference(kind.name)["clips"][name]
    prompt = Prompt(figures["prompt"], facts=figures["auxiliary_info"])
    return kind(describer=describer()).score(video(name), prompt)


def texts(score: VideoScore, kind: str) -> list[list[str]]:
    """``"labels"`` or ``"captions"`` of each of the 16 frames."""
    by_frame = {seen["frame"]: seen[kind] for seen in score.details["seen"]}
    return [by_frame[index] for index in score.details["frame_indices"]]


def probe(kind: type[Dimension], name: str) -> dict[str, Any]:
    """What the reference saw on its way to the score."""
    figures: dict[str, Any] = reference(kind.name)["clips"][name]["probe"]
    return figures


def aggregate(kind: type[Dimension]) -> float | None:
    """Of all clips."""
    return kind.aggregate([kind.of_prompt([score(kind, name) for name in CLIPS])])
