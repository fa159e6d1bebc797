"""The reference's two result files, written from a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vbench.benchmarks.base import DimensionSpec, Values
from vbench.benchmarks.registry import specs_of
from vbench.benchmarks.score_card import ScoreCard, in_protocol_order
from vbench.files import ours
from vbench.files.remote import recorded_place
from vbench.prompts.suite import Prompt
from vbench.runs.plan import Plan
from vbench.runs.record import read_record
from vbench.runs.results import card_of, read_rows
from vbench.runs.store import SCORED, Row

COLUMNS: dict[str, Callable[[Row], Any]] = {
    "video_sim": lambda row: (row.value or 0.0) * (row.weight or 0.0),
    "cnt_per_video": lambda row: int(row.weight or 0),
    "success_frame_count": lambda row: row.details["success_frame_count"],
    "frame_count": lambda row: row.details["frame_count"],
    "cor_num_per_video": lambda row: int(row.value or 0),
    "cur_success_frame_rate": lambda row: row.value,
    "frame_results": lambda row: list(row.per_frame),
    "inclip_score": lambda row: row.details["inclip_score"],
    "clip2clip_score": lambda row: row.details["clip2clip_score"],
    "mapped_clip2clip_score": lambda row: row.details["mapped_clip2clip_score"],
    "cur_sim": lambda row: row.per_frame[-1],
    "image_path": lambda row: row.details["image"],
    "prompt_type": lambda row: row.details["target" if "target" in row.details else "culture"],
    "predict_type": lambda row: row.details["predicted"],
    "frame_labels": lambda row: row.details["frame_labels"],
}
"""What can stand beside a video's result in the reference's files; each dimension names its own."""


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
    record, rows = read_record(folder), read_rows(folder)
    card = card_of(record, rows)
    target = into or folder
    info, results = result_files(target, name)
    ours.write(info, _json(full_info(plan)))
    ours.write(results, _json(eval_results(rows, card, plan.root, record.folders)))
    return card


def full_info(plan: Plan) -> list[dict[str, Any]]:
    """The reference's ``<name>_full_info.json``: each prompt with the videos that were found for it."""
    videos: dict[Prompt, list[str]] = {prompt: [] for prompt in plan.prompts}
    for task in plan.tasks:
        videos.setdefault(task.prompt, []).append(str(task.path))
    entries = []
    for prompt, paths in videos.items():
        entry: dict[str, Any] = {"prompt_en": prompt.text, "dimension": list(prompt.dimensions or plan.dimensions)}
        if prompt.facts:
            entry["auxiliary_info"] = dict(prompt.facts)
        if prompt.image:
            entry["image_name"] = prompt.image.name
        entries.append({**entry, "video_list": list(dict.fromkeys(paths))})
    return entries


def eval_results(
    rows: Sequence[Row], card: ScoreCard, root: Path, folders: Mapping[str, str] | None = None
) -> dict[str, list[Any]]:
    """The reference's ``<name>_eval_results.json``: ``{dimension: [aggregate, [per video, ...]]}``.

    A dimension with groups of videos has their means between the two; of a group without videos it is ``None``, where
    the reference writes NaN.

    Args:
        rows: of the run.
        card: of the same rows.
        root: folder of the videos.
        folders: the same by dimension, where they differ.
    """
    known = specs_of(card.benchmark)
    specs = {name: known.get(name, DimensionSpec(name, "")) for name in card.scores}  # a package may be gone since
    counted = {name: [row for row in rows if row.dimension == name and _counts(row)] for name in card.scores}
    return {
        name: [
            card.scores[name],
            *_means(counted[name], specs[name]),
            [_video(row, specs[name], recorded_place(str((folders or {}).get(name, root)))) for row in counted[name]],
        ]
        for name in in_protocol_order(card.scores, card.benchmark)
    }


def _means(rows: Sequence[Row], spec: DimensionSpec) -> list[dict[str, float | None]]:
    """The means of a dimension's groups of videos, if it has any."""
    if not spec.result_by:
        return []
    groups: dict[str, list[float]] = {name: [] for name in spec.result_groups}
    for row in rows:
        groups[row.details[spec.result_by]].append(row.value or 0.0)
    return [{name: sum(values) / len(values) if values else None for name, values in groups.items()}]


def _counts(row: Row) -> bool:
    return row.status == SCORED and bool(row.weight)


def _video(row: Row, spec: DimensionSpec, root: Path) -> dict[str, Any]:
    value: Any = row.value
    if spec.values is Values.LABEL:
        value = row.details["label"]
    elif spec.values is Values.BOOLEAN:
        value = bool(value)
    elif spec.result_scale != 1:
        value = spec.result_scale * (row.value or 0.0)
    beside = {column: COLUMNS[column](row) for column in spec.result_columns}
    return {"video_path": str(root / row.video), "video_results": value, **beside}


def _json(value: Any) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False, allow_nan=False) + "\n"
