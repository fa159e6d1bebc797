"""What ``vbench filter-static`` leaves beside its copies: how many samples of a prompt stood still, and who said so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vbench.benchmarks.t2v import FILTER_VERSION
from vbench.files import ours
from vbench.files.json_file import plain_json
from vbench.media.decode import VERSION as DECODING

RESULT, VIDEOS = "filtered_static_video.json", "filtered_videos"

CHOSEN_BY = "chosen_by"
"""Of each prompt in the result, who judged its videos: profile, version of the filter, version of the decoding."""

STATIC_FILTER = "static_filter"
"""Option in a run's record of a dimension whose videos the filter of a profile chose that is not comparable."""


def kept(folder: Path, sampled: int, samples: int) -> dict[str, int]:
    """Static videos of each prompt that the filter settled: it found enough, or looked at all that are sampled.

    Args:
        folder: of the videos; where no filter left it, nothing is settled.
        sampled: videos a prompt that the protocol samples.
        samples: videos a prompt that are judged.
    """
    return {
        prompt: min(one["static_count"], samples)
        for prompt, one in _result(folder).items()
        if one["static_count"] >= samples or one.get("looked_at", 0) >= sampled
    }


def judge_of(profile: str) -> dict[str, Any]:
    """What is written of who judges now, with the flow of a profile."""
    return {"profile": profile, "filter_version": FILTER_VERSION, "decoding_version": DECODING}


def chosen_by(folder: Path) -> Mapping[str, Any]:
    """Who chose the videos of a folder, as :func:`judge_of`; empty where no filter did, or one that did not tell."""
    return next((dict(one[CHOSEN_BY]) for one in _result(folder).values() if CHOSEN_BY in one), {})


def _result(folder: Path) -> Mapping[str, Any]:
    whole = folder.resolve()
    result = whole.parent / RESULT
    if whole.name != VIDEOS or not result.is_file() or ours.is_foreign(result):
        return {}
    found: dict[str, Any] = plain_json(result.read_text(encoding="utf-8"))
    return found
