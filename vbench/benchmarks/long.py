"""VBench-Long: text to video's dimensions on clips of longer videos, and how like a video's clips are to each other.

A clip has the seconds of the most demanding dimension that its prompt tests: 10 where one of them is human action,
temporal style or overall consistency, otherwise 2. So aesthetic and imaging quality, whose prompts are those of overall
consistency, are judged on clips of 10 seconds, whatever their own lines say, as in the reference.

Bounds, weights, parts and the Total are text to video's. A clip counts 1, however long it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vbench.benchmarks.base import Benchmark, Counts, DimensionSpec, Unit
from vbench.benchmarks.long_tables import BACKGROUND, SUBJECT
from vbench.benchmarks.slow_fast import SlowFast
from vbench.benchmarks.t2v import T2V

_M = "vbench.dimensions.clip_to_clip"
_COLUMNS = ("inclip_score", "clip2clip_score", "mapped_clip2clip_score")
_CLIPS_OF_10_SECONDS = ("human_action", "temporal_style", "overall_consistency")

OWN_CLIPS = 2
"""Seconds of the clips of own videos, whatever judges them."""


def _on_clips(in_clip_weight: float, clip_to_clip_weight: float) -> Iterator[DimensionSpec]:
    """Text to video's dimensions, two of them made of two scores with these weights."""
    compared = {"subject_consistency": ("subject", SUBJECT), "background_consistency": ("background", BACKGROUND)}
    for spec in T2V.rules.values():
        subject, table = compared.get(spec.name, ("", ()))
        weights = in_clip_weight, clip_to_clip_weight
        yield replace(
            spec,
            clip_seconds=10 if spec.name in _CLIPS_OF_10_SECONDS else OWN_CLIPS,
            counts=spec.counts if spec.counts is Counts.FOUND else Counts.VIDEOS,
            sampled=T2V.samples if spec.sampled else 0,
            slow_fast=SlowFast(f"{subject}_clip_to_clip", *weights, table) if table else None,
            result_columns=_COLUMNS if table else (),
        )


def _compares(name: str, implementation: str, judges: str, *checkpoints: str) -> DimensionSpec:
    return DimensionSpec(
        name, f"{_M}:{implementation}", judges=judges, folder=T2V.rules[judges].stored_in, of_first_frames=True,
        clip_seconds=OWN_CLIPS, checkpoints=checkpoints,
    )  # fmt: skip


VBENCH_LONG = Benchmark(
    name="vbench-long",
    title="VBench-Long, videos of 5 seconds and more",
    paper="Huang et al., VBench++: Comprehensive and Versatile Benchmark Suite for Video Generative Models, 2024",
    suite=T2V.suite,
    samples=T2V.samples,
    unit=Unit.CLIP,
    parts=T2V.parts,
    specs=(
        *_on_clips(0.5, 0.5),
        _compares("subject_clip_to_clip", "SubjectClipToClip", "subject_consistency", "dinov2_vitb14"),
        _compares(
            "background_clip_to_clip", "BackgroundClipToClip", "background_consistency",
            "dino_vitb16", "dreamsim_clip", "dreamsim_lora", "dreamsim_open_clip",
        ),
    ),
)  # fmt: skip

VBENCH_LONG_PLAIN = replace(
    VBENCH_LONG,
    name="vbench-long-plain",
    title="VBench-Long without --dev_flag: clips are compared and it counts nothing",
    specs=(
        *_on_clips(1.0, 0.0),
        _compares("subject_clip_to_clip", "PlainSubjectClipToClip", "subject_consistency", "dino_vitb16"),
        _compares("background_clip_to_clip", "PlainBackgroundClipToClip", "background_consistency", "clip_vit_b_32"),
    ),
)
