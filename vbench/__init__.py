"""A benchmark suite for video generative models whose scores can be repeated.

The command line is ``vbench``; the same from Python::

    import vbench

    vbench.generate("latte", "videos/latte", suite="mini")
    run = vbench.evaluate("videos/latte", profile="lite")
    run.card.scores["motion_smoothness"]
    vbench.compare("runs/base", run)
    vbench.Scorer(["imaging_quality"]).score(frames)

``from vbench import VBench, VBenchI2V, VBenchTrustworthiness`` is the reference's interface. Importing this package
imports neither torch nor any model: each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vbench.analysis.gate import gate as gate
    from vbench.benchmarks.base import Benchmark as Benchmark
    from vbench.compat.vbench_class import VBench as VBench
    from vbench.compat.vbench_i2v_class import VBenchI2V as VBenchI2V
    from vbench.compat.vbench_long_class import VBenchLong as VBenchLong
    from vbench.compat.vbench_trustworthiness_class import VBenchTrustworthiness as VBenchTrustworthiness
    from vbench.dimensions.backbones.base import Backbone as Backbone
    from vbench.dimensions.base import Dimension as Dimension
    from vbench.dimensions.base import VideoScore as VideoScore
    from vbench.generators.base import Generator as Generator
    from vbench.interface import compare as compare
    from vbench.interface import evaluate as evaluate
    from vbench.interface import generate as generate
    from vbench.interface import tell as tell
    from vbench.media.video import Video as Video
    from vbench.prompts.library import load_suite as load_suite
    from vbench.prompts.suite import Prompt as Prompt
    from vbench.runs.run import Run as Run
    from vbench.runs.run import open_run as open_run
    from vbench.runs.score_log import ScoreLog as ScoreLog
    from vbench.runs.scorer import Scorer as Scorer

    __version__: str

_WHERE = {
    "Backbone": "vbench.dimensions.backbones.base",
    "Benchmark": "vbench.benchmarks.base",
    "Dimension": "vbench.dimensions.base",
    "Generator": "vbench.generators.base",
    "Prompt": "vbench.prompts.suite",
    "Run": "vbench.runs.run",
    "ScoreLog": "vbench.runs.score_log",
    "Scorer": "vbench.runs.scorer",
    "VBench": "vbench.compat.vbench_class",
    "VBenchI2V": "vbench.compat.vbench_i2v_class",
    "VBenchTrustworthiness": "vbench.compat.vbench_trustworthiness_class",
    "VBenchLong": "vbench.compat.vbench_long_class",
    "Video": "vbench.media.video",
    "VideoScore": "vbench.dimensions.base",
    "compare": "vbench.interface",
    "evaluate": "vbench.interface",
    "gate": "vbench.analysis.gate",
    "generate": "vbench.interface",
    "load_suite": "vbench.prompts.library",
    "open_run": "vbench.runs.run",
    "tell": "vbench.interface",
}

__all__ = ["__version__", *_WHERE]  # noqa: PLE0604 - names of the table above


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("vbench-suite")
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'vbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
