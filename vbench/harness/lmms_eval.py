"""A task of lmms-eval whose videos are scored.

lmms-eval's own tasks ``vbench`` and ``vbench_<dimension>`` sample the protocol's prompts and say how many videos came.
The task ``vbench_scored`` beside this module (``lmms_eval_tasks/``) takes their dataset, and scores: its functions are
here. Each dimension is a run as ``vbench evaluate`` has it, on links that are named as the protocol names samples, so
numbers, static filter and continuation are that command's. The variables VBENCH_EVALUATE_PROFILE and
VBENCH_EVALUATE_DEVICE hold here, too.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vbench.benchmarks.t2v import RULES
from vbench.compat.vbench_class import NothingScored, VBench
from vbench.files import ours
from vbench.files.json_file import plain_json
from vbench.prompts.sampling_plan import file_stems

TASKS = Path(__file__).with_name("lmms_eval_tasks")
"""What ``lmms-eval --include_path`` is given."""

SCORES = "vbench-scores"
"""Folder beside the videos: a run for each dimension."""


def prompt_of(doc: Mapping[str, Any], _: Any = None) -> str:
    """What a model is asked: ``doc_to_text``."""
    return str(doc["prompt"])


def nothing(_: Mapping[str, Any], __: Any = None) -> list[Any]:
    """What a model is shown beside the prompt: ``doc_to_visual``."""
    return []


def process_results(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """What is kept of one sample.

    Args:
        doc: a row of the dataset: ``prompt``, ``dimensions``, ``sample_index``, and ``auxiliary_info`` as JSON.
        results: the path of the video that the model made, or its error.

    Returns:
        ``generated``, 1 where there is a video; and dimension -> what :func:`scored` needs of it.
    """
    video = Path(results[0]) if results else Path()
    if not video.is_file():
        return {"generated": 0.0}
    facts: dict[str, Any] = {}
    for entry in plain_json(doc.get("auxiliary_info") or "[]"):
        facts |= entry["value"]
    sample = {"video": str(video.resolve()), "index": doc["sample_index"], "prompt": doc["prompt"], "facts": facts}
    return {"generated": 1.0, **{name: {**sample, "dimension": name} for name in doc["dimensions"] if name in RULES}}


def share(numbers: Sequence[float]) -> float:
    """Of samples that there is a video of: the aggregation of ``generated``."""
    return sum(numbers) / len(numbers)


def scored(samples: Sequence[Mapping[str, Any]]) -> float | None:
    """The score of a dimension: the aggregation of every other metric.

    Args:
        samples: of all processes, as :func:`process_results` gives them.

    Returns:
        In the dimension's own unit; ``None`` where it could not be evaluated, with a warning that says why.
    """
    dimension = str(samples[0]["dimension"])
    folder = Path(samples[0]["video"]).parents[1] / SCORES / dimension
    stems = file_stems(sample["prompt"] for sample in samples)
    (folder / "videos").mkdir(parents=True, exist_ok=True)
    for link in (folder / "videos").iterdir():
        if link.is_symlink():  # of samples before: one that did not come this time is no sample
            link.unlink()
    suite: dict[str, dict[str, Any]] = {}
    for sample in samples:
        link = folder / "videos" / f"{stems[sample['prompt']]}-{sample['index']}{Path(sample['video']).suffix}"
        link.symlink_to(sample["video"])
        entry = {"prompt_en": sample["prompt"], "dimension": [dimension], "auxiliary_info": sample["facts"]}
        suite[sample["prompt"]] = entry
    ours.write(folder / "suite.json", json.dumps(list(suite.values()), ensure_ascii=False))
    profile, device = (os.environ.get(f"VBENCH_EVALUATE_{name}") for name in ("PROFILE", "DEVICE"))
    bench = VBench(device or "auto", folder / "suite.json", folder, profile or "official")
    try:
        return bench.evaluate(folder / "videos", dimension, dimension_list=[dimension]).scores.get(dimension)
    except NothingScored as error:
        warnings.warn(f"{dimension} has no score: {error}", stacklevel=2)
        return None
