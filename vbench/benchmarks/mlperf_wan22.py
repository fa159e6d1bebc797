"""The accuracy gate of MLPerf Inference v6.0 for text to video (Wan2.2-T2V-A14B): the mean of six raw scores.

One video for each of the official suite's 248 prompts that test one of the six. Times 100, the reference's score in
bfloat16 is 70.48, and a submission needs 99 % of it, 69.7752.
"""

from __future__ import annotations

from dataclasses import replace

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.t2v import T2V

MLPERF_WAN22 = Benchmark(
    name="mlperf-wan22",
    title="MLPerf Inference v6.0, text to video",
    paper="mlcommons/inference, text_to_video/wan-2.2-t2v-a14b",
    suite=T2V.suite,
    samples=1,
    specs=tuple(
        replace(T2V.rules[name], part="", minimum=0.0, maximum=1.0, weight=1.0)
        for name in (
            "subject_consistency",
            "dynamic_degree",
            "motion_smoothness",
            "appearance_style",
            "scene",
            "background_consistency",
        )
    ),
)
