"""Which backbone plays which role.

``official`` is the reference's choice: only its scores compare with the published leaderboard.
``lite`` needs no download; it is a proxy and says so wherever it is shown. Another package adds roles to them, or a
profile of its own, by an entry point of the group ``vbench.profiles``: a :class:`Profile` whose roles join the one of
its name. It cannot change who plays a role that is filled.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from vbench.errors import UsageError
from vbench.registry import Registry, unknown

if TYPE_CHECKING:
    import torch

    from vbench.dimensions.backbones.base import Backbone

logger = logging.getLogger(__name__)

_B = "vbench.dimensions.backbones"

BACKBONES: Registry[type[Backbone]] = Registry(
    "backbone",
    {
        "dino_vitb16": f"{_B}.dino:DINO",
        "clip_vit_b_32": f"{_B}.clip:CLIPB32",
        "clip_vit_l_14": f"{_B}.clip:CLIPL14",
        "clip_vit_b_32_float16": f"{_B}.clip:CLIPB32Half",
        "clip_vit_l_14_float16": f"{_B}.clip:CLIPL14Half",
        "dino_vitb16_tf32": f"{_B}.dino:DINOTF32",
        "clip_vit_b_32_tf32": f"{_B}.clip:CLIPB32TF32",
        "clip_vit_l_14_tf32": f"{_B}.clip:CLIPL14TF32",
        "amt_s_tf32": f"{_B}.amt:AMTTF32",
        "raft_things_tf32": f"{_B}.raft:RAFTTF32",
        "umt_l16_k400_tf32": f"{_B}.umt:UMTTF32",
        "viclip_l_tf32": f"{_B}.viclip:ViCLIPTF32",
        "laion_aesthetic": f"{_B}.laion_aesthetic:LaionAesthetic",
        "musiq_spaq": f"{_B}.musiq:MUSIQ",
        "tag2text_swin_14m": f"{_B}.tag2text:Tag2Text",
        "amt_s": f"{_B}.amt:AMT",
        "raft_things": f"{_B}.raft:RAFT",
        "grit_b": f"{_B}.grit:Grit",
        "umt_l16_k400": f"{_B}.umt:UMT",
        "viclip_l": f"{_B}.viclip:ViCLIP",
        "retinaface_resnet50": f"{_B}.retinaface:RetinaFace",
        "blip2_itm_vit_g": f"{_B}.blip2:Blip2",
        "nudenet": f"{_B}.nudenet:NudeNet",
        "sd_safety_checker": f"{_B}.sd_safety_checker:SafetyChecker",
        "q16": f"{_B}.q16:Q16",
        "efficientnet_lite0": f"{_B}.efficientnet_lite:EfficientNetLite",
        "dis_flow": f"{_B}.dis_flow:DisFlow",
        "dis_interpolation": f"{_B}.dis_flow:DisInterpolation",
        "niqe": f"{_B}.niqe:NIQE",
        "dinov2_vitb14": f"{_B}.dinov2:DINOv2",
        "dreamsim_ensemble": f"{_B}.dreamsim:DreamSim",
        "cotracker2": f"{_B}.cotracker:CoTracker2",
        "global_motion": f"{_B}.global_motion:GlobalMotion",
        "pyiqa": f"{_B}.pyiqa_metric:PyiqaMeasures",
        "inception_2015_12_05": f"{_B}.inception_2015:Inception2015",
        "i3d_kinetics_400": f"{_B}.i3d:I3D",
        "i3d_kinetics_400_eps_1e-5": f"{_B}.i3d:I3DOfPorts",
        "videomae_v2_g_ssv2": f"{_B}.videomae:VideoMAE",
        "efficientnet_lite0_windows": f"{_B}.efficientnet_lite_windows:EfficientNetLiteWindows",
    },
    "vbench.backbones",
    "vbench.dimensions.backbones.base:Backbone",
)


@dataclass(frozen=True)
class Profile:
    """A choice of backbones.

    Attributes:
        name: as given to ``--profile``.
        meaning: one sentence for whoever reads a score of it.
        comparable: whether its scores compare with the published leaderboard.
        roles: role -> backbone name; a dimension with a role that is not here cannot be evaluated.
        needs_cuda: whether it is for CUDA devices alone.
        arithmetic: what its networks compute in; it stands in each run's record.
    """

    name: str
    meaning: str
    comparable: bool
    roles: Mapping[str, str]
    needs_cuda: bool = False
    arithmetic: str = "float32"


OFFICIAL, OFFICIAL_IN_HALF, OFFICIAL_FAST = "official", "official-clip-float16", "official-fast"

_OURS: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(
            name=OFFICIAL,
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
                "picture_subject_embedder": "dino_vitb16",
                "picture_background_embedder": "dreamsim_ensemble",
                "subject_clip_embedder": "dinov2_vitb14",
                "background_clip_embedder": "dreamsim_ensemble",
                "tracker": "cotracker2",
                "face_detector": "retinaface_resnet50",
                "face_matcher": "blip2_itm_vit_g",
                "skin_scorer": "clip_vit_b_32",
                "nudity_detector": "nudenet",
                "concept_checker": "sd_safety_checker",
                "safety_embedder": "clip_vit_b_32",
                "appropriateness_head": "q16",
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
                "picture_subject_embedder": "efficientnet_lite0",
                "picture_background_embedder": "efficientnet_lite0",
                "subject_clip_embedder": "efficientnet_lite0",
                "background_clip_embedder": "efficientnet_lite0",
                "tracker": "global_motion",
            },
        ),
    )
}


CLIP_IN_HALF = {"clip_vit_b_32": "clip_vit_b_32_float16", "clip_vit_l_14": "clip_vit_l_14_float16"}
"""CLIP as the reference has it on a CPU -> the same as it has it on CUDA."""

CLIP_PRECISIONS = ("float32", "float16")

FAST = {
    name: f"{name}_tf32"
    for name in ("dino_vitb16", "clip_vit_b_32", "clip_vit_l_14", "amt_s", "raft_things", "umt_l16_k400", "viclip_l")
}
"""In float32 -> in TF32, where that moves no word, no verdict and no score by more than 1e-4 (docs/benchmarks.md)."""

PRECISIONS = ("strict", "fast")


def in_precision(name: str, clip_precision: str = "float32", precision: str = "strict") -> str:
    """The name of a profile with CLIP, and with everything, in a precision.

    >>> in_precision("official"), in_precision("official", "float16"), in_precision("official", precision="fast")
    ('official', 'official-clip-float16', 'official-fast')

    Raises:
        UsageError: there is no such precision, the profile is not the official one, or both are asked for.
    """
    if clip_precision not in CLIP_PRECISIONS:
        raise unknown("precision of CLIP", clip_precision, CLIP_PRECISIONS)
    if precision not in PRECISIONS:
        raise unknown("precision", precision, PRECISIONS)
    in_half, fast = clip_precision == "float16", precision == "fast"
    if in_half and fast:
        raise UsageError("--clip-precision float16 and --precision fast exclude each other: name one of them.")
    for asked, option, own in (
        (in_half, "--clip-precision float16", OFFICIAL_IN_HALF),
        (fast, "--precision fast", OFFICIAL_FAST),
    ):
        if asked and name not in (OFFICIAL, own):
            raise UsageError(f"{option} is for the official profile, found --profile {name}.")
        name = own if asked else name
    return name


def refuse_elsewhere(judges: Profile, device: torch.device) -> None:
    """Leave a profile for CUDA devices to these.

    Raises:
        UsageError: it is one, and the device is another.
    """
    if not judges.needs_cuda or device.type == "cuda":
        return
    raise UsageError(
        f"The {judges.name} profile (--precision fast) computes in TF32, which CUDA devices have alone; found "
        f"{device.type}. Leave it out, or name a CUDA device: --device cuda"
    )


def _in_half(official: Profile) -> Profile:
    """The same models, CLIP in the precision that it has in the reference on CUDA."""
    return Profile(
        name=OFFICIAL_IN_HALF,
        meaning="The reference's models, CLIP in float16 as the reference has it on CUDA: these scores compare with "
        "the published leaderboard.",
        comparable=official.comparable,
        roles={role: CLIP_IN_HALF.get(backbone, backbone) for role, backbone in official.roles.items()},
        arithmetic="float32, CLIP in float16",
    )


def _fast(official: Profile) -> Profile:
    """The same models, in TF32 where that moves next to nothing."""
    return Profile(
        name=OFFICIAL_FAST,
        meaning="The reference's models, most of them in TF32 on CUDA: these scores compare with the published "
        "leaderboard and are within 1e-4 of those in float32.",
        comparable=official.comparable,
        roles={role: FAST.get(backbone, backbone) for role, backbone in official.roles.items()},
        needs_cuda=True,
        arithmetic="TF32 where it moves no score by 1e-4, else float32",
    )


_BROUGHT: Registry[Profile] = Registry("profile", {}, "vbench.profiles", f"{__name__}:Profile")


@cache
def profiles() -> Mapping[str, Profile]:
    """All profiles by name, with what other packages add to them."""
    found = dict(_OURS)
    for entry, added in _BROUGHT.brought():
        if nobody := sorted(set(added.roles.values()) - set(BACKBONES.names())):
            logger.warning(
                "The profile %s of the package %s is left out: there is no backbone named %s.",
                entry, _BROUGHT.package(entry), " or ".join(nobody),
            )  # fmt: skip
            continue
        there = found.get(added.name)
        if there is None:
            found[added.name] = added
            continue
        if filled := sorted(added.roles.keys() & there.roles.keys()):
            logger.warning(
                "The profile %s of the package %s is left out: %s has a backbone for %s.",
                entry, _BROUGHT.package(entry), added.name, ", ".join(filled),
            )  # fmt: skip
            continue
        found[added.name] = replace(there, roles={**there.roles, **added.roles})
    return {**found, OFFICIAL_IN_HALF: _in_half(found[OFFICIAL]), OFFICIAL_FAST: _fast(found[OFFICIAL])}


def profile(name: str) -> Profile:
    """The profile of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in profiles():
        raise unknown("profile", name, profiles())
    return profiles()[name]
