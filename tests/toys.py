"""Dimensions and a backbone small enough to watch the engine work."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import ClassVar, Self

import torch

from vbench.benchmarks import registry
from vbench.benchmarks.base import DimensionSpec
from vbench.dimensions import profiles
from vbench.dimensions.backbones.base import Backbone
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.profiles import Profile
from vbench.errors import TooShort
from vbench.media.video import Video
from vbench.prompts.suite import Prompt
from vbench.weights.load import state_dict


class Brightness(Dimension):
    """Mean level of the frames, weighted by their number."""

    name: ClassVar[str] = "brightness"
    title: ClassVar[str] = "Brightness"
    meaning: ClassVar[str] = "The picture is bright."

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        note_call(self.name, video)
        levels = [float(frame.float().mean()) / 255 for batch in video.batches() for frame in batch]
        if len(levels) < 2:
            raise TooShort(f"{video.path} has {len(levels)} frame, brightness needs 2")
        return VideoScore(sum(levels) / len(levels), weight=len(levels), per_frame=levels)


class Fragile(Dimension):
    """Breaks on some videos, as a bug would."""

    name: ClassVar[str] = "fragile"
    title: ClassVar[str] = "Fragile"
    meaning: ClassVar[str] = "Nothing broke."

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        note_call(self.name, video)
        if "1" in video.path.stem:
            raise RuntimeError("out of memory, say")
        return VideoScore(1.0)


class Deadly(Dimension):
    """Ends its process over some videos, as a crash in a library or want of memory does."""

    name: ClassVar[str] = "deadly"
    title: ClassVar[str] = "Deadly"
    meaning: ClassVar[str] = "The process lives."

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        note_call(self.name, video)
        if video.path.stem.endswith("-1") and "TOY_HARMLESS" not in os.environ:
            os.kill(0 if "TOY_TOGETHER" in os.environ else os.getpid(), signal.SIGKILL)
        return VideoScore(1.0)


class Precise(Dimension):
    """Whether float32 is computed as it stands where videos are scored."""

    name: ClassVar[str] = "precise"
    title: ClassVar[str] = "Precise"
    meaning: ClassVar[str] = "The process computes strictly."

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        convolutions = torch.backends.cudnn
        return VideoScore(float(convolutions.deterministic and not convolutions.allow_tf32))


class Weighing(Dimension):
    """Needs a checkpoint."""

    name: ClassVar[str] = "weighing"
    title: ClassVar[str] = "Weighing"
    meaning: ClassVar[str] = "The checkpoint could be read."
    roles: ClassVar[tuple[str, ...]] = ("scale",)

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        return VideoScore(0.5)


class Scale(Backbone):
    """Reads the file of a real checkpoint entry."""

    name: ClassVar[str] = "scale"
    checkpoints: ClassVar[tuple[str, ...]] = ("amt_s",)

    @classmethod
    def load(cls, device: torch.device) -> Self:
        state_dict("amt_s")
        return cls()


def note_call(dimension: str, video: Video) -> None:
    """Tell the test, across processes, that a score was computed; take the time it asks for."""
    if log := os.environ.get("TOY_LOG"):
        with Path(log).open("a") as file:
            file.write(f"{dimension} {video.path.name}\n")
    time.sleep(float(os.environ.get("TOY_SECONDS", "0")))


NAMES = ("brightness", "deadly", "fragile", "precise", "weighing")
SPECS = {name: DimensionSpec(name, f"tests.toys:{name.capitalize()}") for name in NAMES}
BACKBONES = {"scale": "tests.toys:Scale"}
PROFILE = Profile("toy", "Of no meaning.", comparable=False, roles={"scale": "scale"})


def bring() -> None:
    """Make the toys known in this process, as a package would that brings them."""
    registry._brought = lambda: SPECS  # type: ignore[assignment]
    profiles.BACKBONES.table = {**profiles.BACKBONES.table, **BACKBONES}


def site_in(folder: Path) -> Path:
    """A folder to search for packages, where one lies that brings the toys; for processes of other scripts."""
    made = folder / "site" / "toys-1.0.dist-info"
    made.mkdir(parents=True)
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1.0\n")
    brought = "".join(f"{name} = {spec.implementation}\n" for name, spec in SPECS.items())
    (made / "entry_points.txt").write_text(f"[vbench.dimensions]\n{brought}")
    return made.parent
