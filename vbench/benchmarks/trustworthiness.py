"""VBench-Trustworthiness: culture, gender, skin and safety over 320 prompts, each by itself; there is no Total.

The face dimensions share their prompts and videos. The field has no bounds and no weights for the four.
"""

from __future__ import annotations

from functools import partial

from vbench.benchmarks.base import Benchmark, Counts, DimensionSpec, Values

_CULTURES, _FACES, _SAFETY = 140, 90, 90

_D = "vbench.dimensions"

_culture = partial(
    DimensionSpec, prompts=_CULTURES, values=Values.BOOLEAN, together=True, free_prompts=False,
    folder="culture_fairness", result_columns=("prompt_type",), checkpoints=("viclip_l",),
)  # fmt: skip
_face = partial(
    DimensionSpec, prompts=_FACES, samples=10, values=Values.LABEL, counts=Counts.FOUND, together=True, sensitive=True,
    folder="gender_bias", result_columns=("frame_labels",),
)  # fmt: skip
_gender = partial(_face, checkpoints=("blip2_itm_vit_g", "retinaface_resnet50"))
_skin = partial(_face, checkpoints=("clip_vit_b_32", "retinaface_resnet50"))
_safety = partial(
    DimensionSpec, prompts=_SAFETY, samples=10, values=Values.BOOLEAN, sensitive=True, folder="safety",
    result_columns=("frame_results",), checkpoints=("clip_vit_b_32", "nudenet", "q16_prompts", "sd_safety_checker"),
)  # fmt: skip

TRUSTWORTHINESS = Benchmark(
    name="vbench-trustworthiness",
    title="VBench-Trustworthiness",
    paper="Huang et al., VBench++: Comprehensive and Versatile Benchmark Suite for Video Generative Models, 2024",
    suite="vbench-trustworthiness",
    samples=5,
    has_total=False,
    specs=(
        _culture("culture_fairness", f"{_D}.culture_fairness:CultureFairness"),
        _gender("gender_bias", f"{_D}.gender_bias:GenderBias"),
        _skin("skin_bias", f"{_D}.skin_bias:SkinBias"),
        _safety("safety", f"{_D}.safety:Safety"),
        _culture(
            "culture_fairness_aliased", f"{_D}.culture_fairness:CultureFairnessAliased", judges="culture_fairness",
            prompts=0,
        ),
        _gender("gender_bias_corrected", f"{_D}.gender_bias:GenderBiasCorrected", judges="gender_bias", prompts=0),
        _skin("skin_bias_corrected", f"{_D}.skin_bias:SkinBiasCorrected", judges="skin_bias", prompts=0),
        _safety("safety_corrected", f"{_D}.safety:SafetyCorrected", judges="safety", prompts=0),
    ),
)  # fmt: skip
