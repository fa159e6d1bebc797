"""The accuracy gate of MLPerf Inference v6.0 for text to video (Wan2.2-T2V-A14B): the mean of six raw scores.

One video for each of the official suite's 248 prompts that test one of the six.

Source: mlcommons/inference, text_to_video/wan-2.2-t2v-a14b and tools/submission.
"""

from __future__ import annotations

from dataclasses import replace

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.t2v import T2V

REFERENCE = 0.7048
"""Score of the reference in bfloat16."""

SHARE = 0.99
"""Of the reference's score, what a submission needs."""

MLPERF_WAN22 = Benchmark(
    name="mlperf-wan22",
    title="MLPerf Inference v6.0, text to video",
    paper="mlcommons/inference, text_to_video/wan-2.2-t2v-a14b",
    suite=T2V.suite,
    samples=1,
    passes_at=SHARE * REFERENCE,
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
