"""Scores of ours beside the reference's figures: each clip is scored once per test module."""

from __future__ import annotations

import json
import shutil
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pytest
import torch

from tests.parity.checkpoint_cache import KIT, write_checkpoint
from tests.parity.conftest import SEEDED_CACHE, clip
from tests.pretended_card import pretended_card
from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.i2v import VBENCH_I2V
from vbench.benchmarks.t2v import T2V
from vbench.compat.vbench_class import VBench
from vbench.compat.vbench_i2v_class import VBenchI2V
from vbench.dimensions.backbones.base import Backbone
from vbench.dimensions.base import VideoScore
from vbench.dimensions.profiles import profile
from vbench.parity.kit import DIMENSIONS, golden
from vbench.runs.evaluators import Evaluators
from vbench.runs.results import read_rows
from vbench.runs.store import Row
from vbench.weights.cards import CHECKPOINTS

B = TypeVar("B", bound=Backbone)

AGGREGATE_TOLERANCE = 2e-3
"""The goldens' clips are not all lossless."""


def reference(name: str) -> dict[str, Any]:
    """The golden of a dimension or of a stage; a missing file is an error, never a skip."""
    if name in DIMENSIONS:
        return golden(name)
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


def device_of_tests(name: str) -> AbstractContextManager[object]:
    """As long as the block runs, ``"cuda"`` is a card that is pretended."""
    return pretended_card() if name == "cuda" else nullcontext()


class Scored:
    """A dimension's scores of the parity clips, through the public interface, as a user of the reference calls it.

    The clips lie under ``<prompt>-0.mp4``, a suite's file asks for them, the checkpoints are in the cache under their
    published names.

    Args:
        dimension: by its name.
        clips: those of the golden that are scored, all of them where none is named.
        device: where; ``"cuda"`` is a card that is pretended.
    """

    benchmark: Benchmark = T2V

    def __init__(self, dimension: str, *clips: str, device: str = "cpu") -> None:
        self.dimension, self.device = dimension, device
        golden: dict[str, dict[str, Any]] = reference(dimension)["clips"]
        self.clips = {name: golden[name] for name in clips or golden}
        self.written, self._rows = self._evaluated()

    def __getitem__(self, name: str) -> VideoScore:
        row = self._rows[f"{self.clips[name]['prompt']}-0.mp4"]
        assert row.value is not None, row.reason
        assert row.weight is not None
        return VideoScore(row.value, row.weight, row.per_frame, row.details)

    @property
    def aggregate(self) -> float:
        """Of all clips, as it stands in the result file."""
        return float(self.written[0])

    def result(self, name: str) -> dict[str, Any]:
        """What the result file says of a clip."""
        by_name = {Path(entry["video_path"]).name: entry for entry in self.written[1]}
        return dict(by_name[f"{self._prompt(name)}-0.mp4"])

    def _prompt(self, name: str) -> str:
        return str(self.clips[name]["prompt"])

    def _facts(self, name: str) -> dict[str, Any]:
        """What the golden tells of a prompt, nested as in a suite's file (most goldens have the inner level alone)."""
        facts = self.clips[name].get("auxiliary_info") or {}
        return facts if isinstance(facts.get(self.dimension), dict) or not facts else {self.dimension: facts}

    def _evaluated(self) -> tuple[list[Any], dict[str, Row]]:
        evaluators = Evaluators(profile("official"), torch.device("cpu"), benchmark=self.benchmark)
        for name in evaluators.checkpoints(self.dimension):
            if CHECKPOINTS[name].is_weights:
                write_checkpoint(name, SEEDED_CACHE)
        with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setenv("VBENCH_CACHE_DIR", str(SEEDED_CACHE))
            root = Path(folder)
            (root / "videos").mkdir()
            for name in self.clips:
                shutil.copy(clip(name), root / "videos" / f"{self._prompt(name)}-0.mp4")
            suite = [
                {"prompt_en": self._prompt(name), "dimension": [self.dimension], "auxiliary_info": self._facts(name)}
                for name in self.clips
            ]
            (root / "suite.json").write_text(json.dumps(suite))
            with device_of_tests(self.device):
                self._evaluate(root)
            written = json.loads((root / "out" / "parity_eval_results.json").read_text())
            rows = {row.video: row for row in read_rows(root / "out" / "parity.run")}
        return written[self.dimension], rows

    def _evaluate(self, root: Path) -> None:
        bench = VBench(self.device, root / "suite.json", root / "out")
        bench.evaluate(root / "videos", "parity", dimension_list=[self.dimension], all_pairs=True)


class ScoredFromPictures(Scored):
    """The same for image to video: each clip starts from the kit's picture of its name."""

    benchmark = VBENCH_I2V

    def _evaluate(self, root: Path) -> None:
        bench = VBenchI2V(self.device, root / "suite.json", root / "out")
        bench.evaluate(
            root / "videos", "parity", dimension_list=[self.dimension], all_pairs=True, images=KIT / "images"
        )
