"""A package that can be imported, and of which everything is malformed in its own way."""

from __future__ import annotations

from typing import Any, ClassVar

from vbench.benchmarks.base import Benchmark, DimensionSpec
from vbench.dimensions.backbones.base import Backbone
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.profiles import Profile
from vbench.generators.base import Enhancer, Generator, Settings
from vbench.generators.options import Options
from vbench.media.video import Video
from vbench.prompts.suite import Prompt
from vbench.weights.card import Checkpoint

WORDED = Benchmark("odd", "Odd", "", (), samples="five")  # type: ignore[arg-type]


class Untitled(Dimension):
    name: ClassVar[str] = "untitled"

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        return VideoScore(1.0)


class Unfinished(Dimension):
    name: ClassVar[str] = "unfinished"
    title: ClassVar[str] = "Unfinished"
    meaning: ClassVar[str] = "Nothing."


class Eater(Untitled):
    title: ClassVar[str] = "Eater"
    meaning: ClassVar[str] = "It eats."
    roles: ClassVar[tuple[str, ...]] = ("food",)


NOWHERE = DimensionSpec("nowhere", "vbench_malformed:Missing")
MISTAKEN = DimensionSpec("mistaken", "json:dumps")


class Loader(Backbone):
    name: ClassVar[str] = "loader"


class Hungry(Backbone):
    name: ClassVar[str] = "hungry"
    checkpoints: ClassVar[tuple[str, ...]] = ("no_such_file",)

    @classmethod
    def load(cls, device: Any) -> Any:
        return cls()


GHOST = Profile("ghost", "Of nobody.", comparable=False, roles={"flow": "nobody_at_all"})
LISTED = Profile("listed", "Of a list.", comparable=False, roles=["flow"])  # type: ignore[arg-type]
GREEDY = Profile("greedy", "Of hunger.", comparable=False, roles={"subject_embedder": "hungry"})

UNNAMED = Checkpoint(name="unnamed", title="A file", path=3, licence="")  # type: ignore[arg-type]
RENAMED = Checkpoint(name="another", title="A file", path="renamed.pth", licence="none")


class Crashing(Generator[Options]):
    meaning: ClassVar[str] = "breaks"

    @property
    def defaults(self) -> Settings:
        raise KeyError("no settings")


class Idle(Enhancer):
    meaning: ClassVar[str] = "does nothing"
