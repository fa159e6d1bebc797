"""Which backbone plays which role.

``official`` is the reference's choice: only its scores compare with the published leaderboard.
``lite`` needs no download; it is a proxy and says so wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vbench.errors import UsageError
from vbench.registry import Registry

if TYPE_CHECKING:
    from vbench.dimensions.backbones.base import Backbone
    from vbench.dimensions.base import Dimension

_D, _B = "vbench.dimensions", "vbench.dimensions.backbones"

DIMENSIONS: Registry[Dimension] = Registry(
    "dimension",
    {
        "subject_consistency": f"{_D}.subject_consistency:SubjectConsistency",
        "background_consistency": f"{_D}.background_consistency:BackgroundConsistency",
        "temporal_flickering": f"{_D}.temporal_flickering:TemporalFlickering",
        "motion_smoothness": f"{_D}.motion_smoothness:MotionSmoothness",
        "dynamic_degree": f"{_D}.dynamic_degree:DynamicDegree",
        "aesthetic_quality": f"{_D}.aesthetic_quality:AestheticQuality",
        "imaging_quality": f"{_D}.imaging_quality:ImagingQuality",
        "object_class": f"{_D}.object_class:ObjectClass",
        "multiple_objects": f"{_D}.multiple_objects:MultipleObjects",
        "human_action": f"{_D}.human_action:HumanAction",
        "color": f"{_D}.color:Color",
        "spatial_relationship": f"{_D}.spatial_relationship:SpatialRelationship",
        "scene": f"{_D}.scene:Scene",
        "appearance_style": f"{_D}.appearance_style:AppearanceStyle",
        "temporal_style": f"{_D}.temporal_style:TemporalStyle",
        "overall_consistency": f"{_D}.overall_consistency:OverallConsistency",
        "scene_corrected": f"{_D}.scene:SceneCorrected",
        "imaging_quality_by_metric": f"{_D}.imaging_quality_by_metric:ImagingQualityByMetric",
    },
    "vbench.dimensions",
)

BACKBONES: Registry[Backbone] = Registry(
    "backbone",
    {
        "dino_vitb16": f"{_B}.dino:DINO",
        "clip_vit_b_32": f"{_B}.clip:CLIPB32",
        "clip_vit_l_14": f"{_B}.clip:CLIPL14",
        "laion_aesthetic": f"{_B}.laion_aesthetic:LaionAesthetic",
        "musiq_spaq": f"{_B}.musiq:MUSIQ",
        "tag2text_swin_14m": f"{_B}.tag2text:Tag2Text",
        "amt_s": f"{_B}.amt:AMT",
        "raft_things": f"{_B}.raft:RAFT",
        "grit_b": f"{_B}.grit:Grit",
        "umt_l16_k400": f"{_B}.umt:UMT",
        "viclip_l": f"{_B}.viclip:ViCLIP",
        "efficientnet_lite0": f"{_B}.efficientnet_lite:EfficientNetLite",
        "dis_flow": f"{_B}.dis_flow:DisFlow",
        "dis_interpolation": f"{_B}.dis_flow:DisInterpolation",
        "niqe": f"{_B}.niqe:NIQE",
        "pyiqa": f"{_B}.pyiqa_metric:PyiqaMeasures",
    },
    "vbench.backbones",
)


@dataclass(frozen=True)
class Profile:
    """A choice of backbones.

    Attributes:
        name: as given to ``--profile``.
        meaning: one sentence for whoever reads a score of it.
        comparable: whether its scores compare with the published leaderboard.
        roles: role -> backbone name; a dimension with a role that is not here cannot be evaluated.
    """

    name: str
    meaning: str
    comparable: bool
    roles: Mapping[str, str]


PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(
            name="official",
            meaning="The reference's models: these scores compare with the published leaderboard.",
            comparable=True,
            roles={
                "subject_embedder": "dino_vitb16",
                "background_embedder": "clip_vit_b_32",
                "interpolator": "amt_s",
                "flow": "raft_things",
                "aesthetic_embedder": "clip_vit_l_14",
                "aesthetic_head": "laion_aesthetic",
                "quality_model": "musiq_spaq",
                "quality_measures": "pyiqa",
                "style_scorer": "clip_vit_b_32",
                "captioner": "tag2text_swin_14m",
                "describer": "grit_b",
                "action_classifier": "umt_l16_k400",
                "video_text_embedder": "viclip_l",
            },
        ),
        Profile(
            name="lite",
            meaning="A proxy with small models that need no download: never compare it with the leaderboard.",
            comparable=False,
            roles={
                "subject_embedder": "efficientnet_lite0",
                "background_embedder": "efficientnet_lite0",
                "interpolator": "dis_interpolation",
                "flow": "dis_flow",
                "quality_model": "niqe",
                "quality_measures": "pyiqa",
            },
        ),
    )
}


def profile(name: str) -> Profile:
    """The profile of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in PROFILES:
        raise UsageError(f"There is no profile named {name!r}. Known: {', '.join(PROFILES)}.")
    return PROFILES[name]
