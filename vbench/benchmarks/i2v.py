"""VBench-I2V, image to video: nine dimensions over 355 pictures and 1118 prompts, Quality and I2V and a Total of both.

Bounds, weights and the formula of the Total are those of the reference's ``cal_i2v_final_score.py``. The dimensions of
Quality are text to video's on other prompts; temporal flickering, which the prompts name too, is in no score.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from vbench.benchmarks.base import Benchmark, DimensionSpec, Part, Values
from vbench.benchmarks.t2v import QUALITY, T2V

I2V = "i2v"

_SUBJECTS, _SCENES, _ALL, _MOTIONS = 246, 109, 355, 763
_GROUPS = ("pan_left", "pan_right", "tilt_up", "tilt_down", "zoom_in", "zoom_out", "static")

_D = "vbench.dimensions"

_i2v = partial(DimensionSpec, part=I2V)
_motion = partial(
    DimensionSpec, values=Values.BOOLEAN, result_columns=("prompt_type", "predict_type"), result_by="target",
    result_groups=_GROUPS, asked_in_words=True, free_prompts=False, checkpoints=("cotracker2",),
)  # fmt: skip


def _of_t2v(name: str, prompts: int, judges: str = "") -> DimensionSpec:
    part = "" if judges else QUALITY
    return replace(T2V.rules[name], part=part, prompts=prompts, folder="", sampled=0, judges=judges)


VBENCH_I2V = Benchmark(
    name="vbench-i2v",
    title="VBench-I2V, image to video",
    paper="Huang et al., VBench++: Comprehensive and Versatile Benchmark Suite for Video Generative Models, 2024",
    suite="vbench-i2v",
    samples=5,
    parts=(Part(QUALITY), Part(I2V)),
    specs=(
        _i2v(
            "i2v_subject", f"{_D}.i2v_subject:I2VSubject", minimum=0.1462,
            prompts=_SUBJECTS, needs_picture=True, dial="subject_drift", traded_for="dynamic_degree",
            result_columns=("image_path",), checkpoints=("dino_vitb16",),
        ),
        _i2v(
            "i2v_background", f"{_D}.i2v_background:I2VBackground", minimum=0.2615,
            prompts=_SCENES, needs_picture=True, dial="color_shift", result_columns=("image_path",),
            checkpoints=("dino_vitb16", "dreamsim_clip", "dreamsim_lora", "dreamsim_open_clip"),
        ),
        _motion("camera_motion", f"{_D}.camera_motion:CameraMotion", part=I2V, weight=0.1, prompts=_MOTIONS),
        _of_t2v("subject_consistency", _SUBJECTS),
        _of_t2v("background_consistency", _SCENES),
        _of_t2v("motion_smoothness", _SUBJECTS),
        _of_t2v("dynamic_degree", _SUBJECTS),
        _of_t2v("aesthetic_quality", _ALL),
        _of_t2v("imaging_quality", _ALL),
        _of_t2v("temporal_flickering", _ALL, judges="temporal_flickering"),
        _motion(
            "camera_motion_corrected", f"{_D}.camera_motion:CameraMotionCorrected", judges="camera_motion",
            folder="camera_motion",
        ),
    ),
)  # fmt: skip
