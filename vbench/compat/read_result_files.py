"""The reference's result files, as users have them: ``{dimension: [aggregate, [{video_path, video_results}, ...]]}``.

They say neither which checkpoints were used nor which prompts were meant nor what the videos were; prompts are read
from the file names. A video of which the file does not say how many frames it has weighs 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import PureWindowsPath
from typing import Any

from vbench.benchmarks.t2v import RULES
from vbench.errors import Refused
from vbench.files.strict_json import loads
from vbench.runs.custom_plan import prompt_from_name
from vbench.runs.results import score_card
from vbench.runs.store import Row

COUNTS = ("cnt_per_video", "frame_count")
"""Where a video's number of frames or pairs stands, if anywhere."""

LACKS = (
    "No provenance: how the videos were sampled and evaluated is not recorded.",
    "Unknown checkpoints.",
    "No digests of the videos: copies among them cannot be told.",
    "Prompts are taken from the file names.",
)


def read_results(files: Mapping[str, bytes]) -> tuple[list[Row], list[str]]:
    """The rows of result files, and what a reader should know about them.

    Args:
        files: name -> content.

    Raises:
        Refused: a file has another shape, with every reason.
    """
    reasons: list[str] = []
    rows: list[Row] = []
    stated: dict[str, Any] = {}
    notes = list(LACKS)
    for file, content in sorted(files.items()):
        results = loads(content, file)
        if not isinstance(results, dict):
            reasons.append(f"{file}: expected an object of dimensions, found a {type(results).__name__}.")
            continue
        for key, result in results.items():
            name = key.replace(" ", "_")
            if name not in RULES:
                notes.append(f"{key!r:.60} is no dimension of the protocol and was left out.")
            elif name in stated:
                reasons.append(f"{file}: {name} is there twice.")
            elif not isinstance(result, list) or len(result) != 2 or not isinstance(result[1], list):
                reasons.append(f"{file}: {name} is not [aggregate, [results per video]].")
            elif not result[1]:
                reasons.append(f"{file}: {name} has no results per video, so its score cannot be computed anew.")
            else:
                stated[name] = result[0]
                rows += _rows(name, result[1], file, reasons)
    if reasons:
        raise Refused(reasons)
    return rows, [*notes, *_disagreements(rows, stated)]


def _rows(name: str, results: list[Any], file: str, reasons: list[str]) -> Iterator[Row]:
    for place, result in enumerate(results):
        try:
            video = PureWindowsPath(result["video_path"]).name  # understands both kinds of slashes
            value = float(result["video_results"]) / RULES[name].result_scale
            weight = _weight(name, result)
        except (KeyError, TypeError, ValueError, OverflowError):
            reasons.append(f"{file}: result {place} of {name} is not {{video_path, video_results}} with a number.")
            continue
        yield Row(video, prompt_from_name(video), name, "", value=value, weight=weight)


def _weight(name: str, result: Mapping[str, Any]) -> float:
    if "frame_results" in RULES[name].result_columns and isinstance(result.get("frame_results"), list):
        return float(len(result["frame_results"]) or 1)
    return float(next((result[count] for count in COUNTS if count in result), 1))


def _disagreements(rows: list[Row], stated: Mapping[str, Any]) -> Iterator[str]:
    """Where the file's own aggregate is not what its videos give; the board shows what the videos give."""
    for name, score in score_card(rows).scores.items():
        said = stated[name]
        if isinstance(said, bool) or not isinstance(said, int | float) or not math.isclose(said, score, abs_tol=1e-6):
            yield f"{name}: the file says {said!r:.40}, its videos give {score:.6f}; the latter is shown."
