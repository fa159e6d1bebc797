"""The Video Quality board of VBench: six dimensions that judge any video, for models whose videos are given.

Bounds and weights are those of the text-to-video protocol; Quality is over the six, and there is no Total.
"""

from __future__ import annotations

from vbench.benchmarks.base import Benchmark, Part
from vbench.benchmarks.t2v import QUALITY, T2V

VIDEO_QUALITY = Benchmark(
    name="video-quality",
    title="Video Quality, for videos without prompts of the benchmark's own",
    paper=T2V.paper,
    parts=(Part(QUALITY),),
    has_total=False,
    samples=1,
    specs=tuple(
        T2V.rules[name]
        for name in (
            "subject_consistency",
            "background_consistency",
            "motion_smoothness",
            "dynamic_degree",
            "aesthetic_quality",
            "imaging_quality",
        )
    ),
)
