"""The reference's two result files, written from a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from vbench.benchmarks.score_card import ScoreCard, in_protocol_order
from vbench.files import ours
from vbench.prompts.suite import Prompt
from vbench.runs.plan import Plan
from vbench.runs.record import read_record
from vbench.runs.results import read_rows, score_card
from vbench.runs.store import SCORED, Row

BOOLEAN = ("dynamic_degree", "human_action")
"""Dimensions whose per-video result is a truth value in the reference's files."""


PERCENT = ("imaging_quality",)
"""Dimensions whose per-video result is on 0..100 in the reference's files; the aggregate is on 0..1."""


EXTRA: dict[str, Callable[[Row], dict[str, Any]]] = {
    "background_consistency": lambda row: {
        "video_sim": (row.value or 0.0) * (row.weight or 0.0),
        "cnt_per_video": int(row.weight or 0),
    },
    "object_class": lambda row: _counts_of(row),
    "multiple_objects": lambda row: _counts_of(row),
    "scene": lambda row: _counts_of(row),
    "scene_corrected": lambda row: _counts_of(row),
    "human_action": lambda row: {"cor_num_per_video": int(row.value or 0)},
    "color": lambda row: {"cur_success_frame_rate": row.value},
    "spatial_relationship": lambda row: {"frame_results": list(row.frames)},
    "appearance_style": lambda row: {"frame_results": list(row.frames), "cur_sim": row.frames[-1]},
}
"""What stands beside the per-video result in the reference's files."""


def result_files(folder: Path, name: str) -> tuple[Path, Path]:
    """Where the two files lie: the prompts with their videos, and the scores."""
    return folder / f"{name}_full_info.json", folder / f"{name}_eval_results.json"


def write_results(folder: Path, name: str, plan: Plan, into: Path | None = None) -> ScoreCard:
    """Write a run's scores as the reference's two files and return its card.

    Args:
        folder: the run's folder.
        name: start of the files' names.
        plan: what the run looked at.
        into: where to write; the run's folder by default.

    Raises:
        UsageError: another file is in the place of one of them.
    """
    rows = read_rows(folder)
    card = score_card(rows, read_record(folder)["not_evaluated"])
    target = into or folder
    info, results = result_files(target, name)
    ours.write(info, _json(full_info(plan)))
    ours.write(results, _json(eval_results(rows, card, plan.root)))
    return card


def full_info(plan: Plan) -> list[dict[str, Any]]:
    """The reference's ``<name>_full_info.json``: each prompt with the videos that were found for it."""
    videos: dict[Prompt, list[str]] = {prompt: [] for prompt in plan.prompts}
    for visit in plan.visits:
        videos.setdefault(visit.prompt, []).append(str(visit.path))
    entries = []
    for prompt, paths in videos.items():
        entry: dict[str, Any] = {"prompt_en": prompt.text, "dimension": list(prompt.dimensions or plan.dimensions)}
        if prompt.facts:
            entry["auxiliary_info"] = dict(prompt.facts)
        entries.append({**entry, "video_list": paths})
    return entries


def eval_results(rows: Sequence[Row], card: ScoreCard, root: Path) -> dict[str, list[Any]]:
    """The reference's ``<name>_eval_results.json``: ``{dimension: [aggregate, [per video, ...]]}``."""
    return {
        name: [card.scores[name], [_video(row, root) for row in rows if row.dimension == name and _counts(row)]]
        for name in in_protocol_order(card.scores)
    }


def _counts(row: Row) -> bool:
    return row.status == SCORED and bool(row.weight)


def _video(row: Row, root: Path) -> dict[str, Any]:
    value: Any = row.value
    if row.dimension in BOOLEAN:
        value = bool(value)
    elif row.dimension in PERCENT:
        value = 100 * (row.value or 0.0)
    extra = EXTRA[row.dimension](row) if row.dimension in EXTRA else {}
    return {"video_path": str(root / row.video), "video_results": value, **extra}


def _counts_of(row: Row) -> dict[str, Any]:
    return {name: row.details[name] for name in ("success_frame_count", "frame_count")}


def _json(value: Any) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False, allow_nan=False) + "\n"
