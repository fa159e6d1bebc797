"""VBench, text to video: 16 dimensions over 946 prompts, Quality and Semantic and a Total of both.

Bounds, weights and the formula of the Total are those of the published leaderboard.
"""

from __future__ import annotations

from functools import partial

from vbench.benchmarks.base import Benchmark, Counts, DimensionSpec, Part, Values

QUALITY, SEMANTIC = "quality", "semantic"

FILTER_VERSION = 1
"""Of the static filter; raised whenever a verdict may change, as it is part of what identifies the scores."""

_D = "vbench.dimensions"

_quality = partial(DimensionSpec, part=QUALITY)
_semantic = partial(DimensionSpec, part=SEMANTIC)
_FRAMES = ("success_frame_count", "frame_count")

T2V = Benchmark(
    name="vbench-t2v",
    title="VBench, text to video",
    paper="Huang et al., VBench: Comprehensive Benchmark Suite for Video Generative Models, CVPR 2024",
    suite="vbench-t2v",
    samples=5,
    parts=(Part(QUALITY, weight=4.0), Part(SEMANTIC, weight=1.0)),
    specs=(
        _quality(
            "subject_consistency", f"{_D}.subject_consistency:SubjectConsistency", version=3, of_motion=True,
            minimum=0.1462, counts=Counts.PAIRS, prompts=72, dial="subject_drift", traded_for="dynamic_degree",
            checkpoints=("dino_vitb16",),
        ),
        _quality(
            "background_consistency", f"{_D}.background_consistency:BackgroundConsistency", version=2, of_motion=True,
            minimum=0.2615, counts=Counts.PAIRS, prompts=86, folder="scene", dial="color_shift",
            result_columns=("video_sim", "cnt_per_video"),
            checkpoints=("clip_vit_b_32",),
        ),
        _quality(
            "temporal_flickering", f"{_D}.temporal_flickering:TemporalFlickering", version=2, of_motion=True,
            minimum=0.6293, prompts=75, sampled=25, dial="flicker",
        ),
        _quality(
            "motion_smoothness", f"{_D}.motion_smoothness:MotionSmoothness", of_motion=True,
            minimum=0.706, maximum=0.9975,
            prompts=72, folder="subject_consistency", dial="jerk", traded_for="dynamic_degree",
            checkpoints=("amt_s",),
        ),
        _quality(
            "dynamic_degree", f"{_D}.dynamic_degree:DynamicDegree", version=2, of_motion=True,
            weight=0.5, values=Values.BOOLEAN, prompts=72, folder="subject_consistency", dial="stillness",
            checkpoints=("raft_things",),
        ),
        _quality(
            "aesthetic_quality", f"{_D}.aesthetic_quality:AestheticQuality", version=3,
            prompts=93, folder="overall_consistency", dial="blur",
            checkpoints=("clip_vit_l_14", "laion_aesthetic"),
        ),
        _quality(
            "imaging_quality", f"{_D}.imaging_quality:ImagingQuality", version=3,
            prompts=93, folder="overall_consistency", dial="blur", result_scale=100.0,
            checkpoints=("musiq_spaq",),
        ),
        _semantic(
            "object_class", f"{_D}.object_class:ObjectClass", version=2,
            values=Values.HITS, counts=Counts.LOOKED_AT, prompts=79, needs="object_class", result_columns=_FRAMES,
            checkpoints=("grit_b",),
        ),
        _semantic(
            "multiple_objects", f"{_D}.multiple_objects:MultipleObjects", version=2, of_several_things=True,
            values=Values.HITS, counts=Counts.LOOKED_AT, prompts=82, needs="multiple_objects", result_columns=_FRAMES,
            checkpoints=("grit_b",),
        ),
        _semantic(
            "human_action", f"{_D}.human_action:HumanAction", version=2, of_motion=True, values=Values.BOOLEAN,
            prompts=100, free_prompts=False, result_columns=("cor_num_per_video",),
            checkpoints=("umt_l16_k400",),
        ),
        _semantic(
            "color", f"{_D}.color:Color", version=3,
            counts=Counts.FOUND, prompts=85, needs="color", result_columns=("cur_success_frame_rate",),
            checkpoints=("grit_b",),
        ),
        _semantic(
            "spatial_relationship", f"{_D}.spatial_relationship:SpatialRelationship", version=2, of_several_things=True,
            counts=Counts.LOOKED_AT, prompts=84, needs="spatial_relationship", result_columns=("frame_results",),
            checkpoints=("grit_b",),
        ),
        _semantic(
            "scene", f"{_D}.scene:Scene", maximum=0.8222,
            values=Values.HITS, counts=Counts.LOOKED_AT, prompts=86, needs="scene", result_columns=_FRAMES,
            checkpoints=("tag2text_swin_14m",),
        ),
        _semantic(
            "appearance_style", f"{_D}.appearance_style:AppearanceStyle", version=2, minimum=0.0009, maximum=0.2855,
            values=Values.COSINE, counts=Counts.FRAMES, prompts=90, needs="appearance_style",
            result_columns=("frame_results", "cur_sim"),
            checkpoints=("clip_vit_b_32",),
        ),
        _semantic(
            "temporal_style", f"{_D}.temporal_style:TemporalStyle", version=2, of_motion=True, maximum=0.364,
            values=Values.COSINE, prompts=100,
            checkpoints=("viclip_l",),
        ),
        _semantic(
            "overall_consistency", f"{_D}.overall_consistency:OverallConsistency", version=2, maximum=0.364,
            values=Values.COSINE, prompts=93,
            checkpoints=("viclip_l",),
        ),
        DimensionSpec(
            "scene_corrected", f"{_D}.scene:SceneCorrected", judges="scene",
            values=Values.HITS, counts=Counts.LOOKED_AT, folder="scene", needs="scene", result_columns=_FRAMES,
            checkpoints=("tag2text_swin_14m",),
        ),
        DimensionSpec(
            "imaging_quality_by_metric", f"{_D}.imaging_quality_by_metric:ImagingQualityByMetric",
            judges="imaging_quality", values=Values.NUMBER, folder="overall_consistency", dial="blur",
        ),
    ),
)  # fmt: skip

RULES = T2V.rules
"""The dimensions of its score card by name."""
