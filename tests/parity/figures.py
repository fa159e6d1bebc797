"""Scores of ours beside the reference's figures: each clip is scored once per test module."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import pytest
import torch

from tests.parity.checkpoint_cache import KIT, write_checkpoint
from tests.parity.conftest import SEEDED_CACHE, clip
from vbench.checkpoints import CHECKPOINTS
from vbench.dimensions.backbones.base import Backbone
from vbench.dimensions.base import Dimension, VideoScore
from vbench.prompts.suite import Prompt
from vbench.video import Video

B = TypeVar("B", bound=Backbone)

AGGREGATE_TOLERANCE = 2e-3
"""The goldens' clips are not all lossless."""


def reference(name: str) -> dict[str, Any]:
    """The golden of a dimension; a missing file is an error, never a skip."""
    figures: dict[str, Any] = json.loads((KIT / "goldens" / f"{name}.json").read_text())
    return figures


def seeded(kind: type[B]) -> B:
    """A backbone with the seeded weights that the goldens were made with."""
    for name in kind.checkpoints:
        if CHECKPOINTS[name].is_weights:
            write_checkpoint(name, SEEDED_CACHE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VBENCH_CACHE_DIR", str(SEEDED_CACHE))
        return kind.load(torch.device("cpu"))


class Scored:
    """A dimension's scores of the parity clips."""

    def __init__(self, dimension: Dimension) -> None:
        self.dimension = dimension
        self.clips: dict[str, dict[str, Any]] = reference(dimension.name)["clips"]
        self._scores: dict[str, VideoScore] = {}

    def __getitem__(self, name: str) -> VideoScore:
        if name not in self._scores:
            self._scores[name] = self.dimension.score(Video(clip(name)), Prompt(self.clips[name]["prompt"]))
        return self._scores[name]

    @property
    def aggregate(self) -> float | None:
        """Of all clips."""
        return self.dimension.aggregate([self[name] for name in self.clips])
