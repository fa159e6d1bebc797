"""What ``vbench filter-static`` leaves beside its copies: how many samples of each prompt stood still, of how many."""

from __future__ import annotations

from pathlib import Path

from vbench.files import ours
from vbench.files.json_file import plain_json

RESULT, VIDEOS = "filtered_static_video.json", "filtered_videos"


def kept(folder: Path, sampled: int, samples: int) -> dict[str, int]:
    """Static videos of each prompt that the filter settled: it found enough, or looked at all that are sampled.

    Args:
        folder: of the videos; where no filter left it, nothing is settled.
        sampled: videos a prompt that the protocol samples.
        samples: videos a prompt that are judged.
    """
    whole = folder.resolve()
    result = whole.parent / RESULT
    if whole.name != VIDEOS or not result.is_file() or ours.is_foreign(result):
        return {}
    found = plain_json(result.read_text(encoding="utf-8"))
    return {
        prompt: min(one["static_count"], samples)
        for prompt, one in found.items()
        if one["static_count"] >= samples or one.get("looked_at", 0) >= sampled
    }
