"""A small package that brings a benchmark, dimensions, a role, a backbone, a checkpoint card and a generator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from vbench.benchmarks.base import Benchmark, DimensionSpec, Part, Values
from vbench.dimensions.backbones.base import Backbone
from vbench.dimensions.base import Dimension, PromptScore, VideoScore
from vbench.dimensions.facts import named
from vbench.dimensions.profiles import Profile
from vbench.generators.base import Generator, Request, Settings
from vbench.generators.options import Options
from vbench.media.clip import Clip
from vbench.media.video import Video
from vbench.prompts.suite import Prompt
from vbench.weights.cards import Checkpoint
from vbench.weights.load import state_dict

CARD = Checkpoint(
    name="toy_thermometer",
    title="A thermometer",
    path="toy/thermometer.pth",
    url="https://example.org/thermometer.pth",
    licence="CC0-1.0",
)


class Thermometer(Backbone):
    """Reads how red a picture is, on a scale that its checkpoint holds."""

    name: ClassVar[str] = "thermometer"
    checkpoints: ClassVar[tuple[str, ...]] = (CARD.name,)

    def __init__(self, scale: float) -> None:
        self.scale = scale

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read the checkpoint."""
        return cls(float(state_dict(CARD.name)["scale"]))

    def warmth(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` uint8 RGB -> ``(N,)`` float32 in [0, 1]."""
        return self.scale * frames[:, 0].float().mean((1, 2)) / 255


LITE = Profile("lite", "", comparable=False, roles={"thermometer": "thermometer"})


class Warmth(Dimension):
    """How red the frames are."""

    name: ClassVar[str] = "warmth"
    title: ClassVar[str] = "Warmth"
    meaning: ClassVar[str] = "The picture is red."
    roles: ClassVar[tuple[str, ...]] = ("thermometer",)

    thermometer: Thermometer

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """Mean over frames."""
        degrees = [float(degree) for batch in video.batches() for degree in self.thermometer.warmth(batch)]
        return VideoScore(sum(degrees) / len(degrees), per_frame=degrees)


class Variety(Warmth):
    """How far apart the samples of one prompt are."""

    name: ClassVar[str] = "variety"
    title: ClassVar[str] = "Variety"
    meaning: ClassVar[str] = "The samples of one prompt are not alike."

    @classmethod
    def of_prompt(cls, samples: Sequence[VideoScore]) -> PromptScore:
        """From the coldest sample to the warmest; a prompt with one sample does not count."""
        values = [sample.value for sample in samples]
        return PromptScore.of(max(values) - min(values), weight=float(len(values) > 1))


class Mood(Warmth):
    """Whether the picture is as warm as the prompt's mood."""

    name: ClassVar[str] = "mood"
    title: ClassVar[str] = "Mood"
    meaning: ClassVar[str] = "The picture has the mood of the prompt."

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """1 for a warm picture of a warm mood and a cold one of a cold mood, else 0."""
        warm = super().score(video, prompt).value > 0.25
        return VideoScore(float(warm == (named(prompt, "mood") == "warm")))


WARMTH = DimensionSpec("warmth", "vbench_toy:Warmth", part="look", maximum=0.5)
VARIETY = DimensionSpec("variety", "vbench_toy:Variety", part="look", weight=0.5, together=True)
MOOD = DimensionSpec("mood", "vbench_toy:Mood", part="meaning", needs="mood", values=Values.BOOLEAN)

TOY = Benchmark(
    name="toy",
    title="Toy",
    paper="",
    suite=str(Path(__file__).with_name("vbench_toy_prompts.json")),
    samples=2,
    parts=(Part("look", weight=2.0), Part("meaning", weight=1.0)),
    specs=(WARMTH, VARIETY, MOOD),
)


class Plain(Generator[Options]):
    """Clips of one colour; ``plain:cold`` has none of red."""

    meaning: ClassVar[str] = "clips of one colour"

    @property
    def defaults(self) -> Settings:
        """A second."""
        return Settings(frames=8, height=48, width=64, fps=8)

    def sample(self, request: Request) -> Clip:
        """A clip of the colour that the seed gives."""
        settings = request.settings
        colour = np.random.default_rng(request.seed).integers(0, 256, 3)
        colour[0] *= self.argument != "cold"
        size = settings.frames or 8, settings.height or 48, settings.width or 64, 3
        return Clip(np.broadcast_to(colour.astype(np.uint8), size).copy(), settings.fps or 8)
