"""The reference's programming interface and result files, on top of the run engine.

``VBench(device, full_info_dir, output_path).evaluate(...)`` takes what the reference takes and writes the same two
files. Beside them lies the run (``<name>.run/``): it continues after a kill, and the other commands read it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench import device as devices
from vbench.benchmarks.score_card import ScoreCard, in_protocol_order
from vbench.dimensions.profiles import profile
from vbench.errors import UsageError, VBenchError
from vbench.prompts import library
from vbench.prompts.suite import Prompt, PromptSuite
from vbench.runs.evaluate import Outcome, conflicts, evaluate, read_record, write_atomically
from vbench.runs.evaluators import Crew
from vbench.runs.plan import CATEGORY, CUSTOM, MODES, STANDARD, Plan, category_plan, custom_plan, standard_plan
from vbench.runs.results import read_rows, score_card
from vbench.runs.store import SCORED, Row
from vbench.weights.cards import cache_dir

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

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


class NothingScored(VBenchError):
    """No dimension that was asked for has a score; the message gives each one's reason."""


class VBench:
    """Drop-in for the reference's class.

    Args:
        device: ``"cpu"``, ``"cuda"``, ``"auto"`` or a ``torch.device``.
        full_info_dir: the prompt suite's JSON file (``VBench_full_info.json``) or the name of a suite; only the
            standard and category modes read it.
        output_path: folder for the results; made if it is not there.
        profile_name: which backbones look (:data:`vbench.dimensions.profiles.PROFILES`).
    """

    def __init__(
        self,
        device: str | torch.device,
        full_info_dir: str | Path | None,
        output_path: str | Path,
        profile_name: str = "official",
    ) -> None:
        self.device = devices.choose(str(device))
        self.full_info_dir = full_info_dir
        self.output_path = Path(output_path)
        self.profile = profile(profile_name)
        self.output_path.mkdir(parents=True, exist_ok=True)

    def evaluate(
        self,
        videos_path: str | Path,
        name: str,
        prompt_list: Sequence[str] | Mapping[str, str] = (),
        dimension_list: Sequence[str] | None = None,
        local: bool = False,
        read_frame: bool = False,
        mode: str = STANDARD,
        **kwargs: Any,
    ) -> ScoreCard:
        """Score videos and write ``<name>_eval_results.json`` and ``<name>_full_info.json``.

        Args:
            videos_path: a video, or the folder of the videos.
            name: start of the result files' names.
            prompt_list: in the custom mode, one prompt in a list, or ``{path relative to videos_path: prompt}``.
            dimension_list: what to evaluate; by default everything that the mode can judge.
            local: accepted and without effect: checkpoints always come from the cache.
            read_frame: accepted and without effect: a folder of frames is read as such.
            mode: ``"vbench_standard"``, ``"vbench_category"`` or ``"custom_input"``.
            **kwargs: ``category``, ``special_str`` and ``imaging_quality_preprocessing_mode`` as in the reference;
                ``batch_size`` for accelerators.

        Returns:
            The score card.

        Raises:
            UsageError: the call cannot be carried out.
            NothingScored: not one dimension could be evaluated.
        """
        plan = self._plan(Path(videos_path), prompt_list, dimension_list, mode, kwargs)
        crew = Crew(self.profile, self.device, kwargs.get("batch_size", 8), options_from(kwargs))
        folder = self._run_folder(name, plan, crew)
        outcome = evaluate(plan, crew, folder)
        card = write_results(folder, name, plan, into=self.output_path)
        rows = read_rows(folder)
        _report(rows, outcome)
        if not card.scores:
            raise NothingScored(_why_nothing(rows, outcome))
        return card

    def _run_folder(self, name: str, plan: Plan, crew: Crew) -> Path:
        """``<name>.run``, or the first ``<name>-2.run``, ... that is not of other videos, another suite or mode."""
        folders = (self.output_path / f"{name}{suffix}.run" for suffix in chain([""], (f"-{n}" for n in count(2))))
        return next(folder for folder in folders if not conflicts(folder, plan, crew))

    def _plan(
        self,
        videos: Path,
        prompts: Sequence[str] | Mapping[str, str],
        dimensions: Sequence[str] | None,
        mode: str,
        settings: Mapping[str, Any],
    ) -> Plan:
        if mode == CUSTOM:
            return custom_plan(videos, dimensions, prompts if isinstance(prompts, Mapping) else _only(prompts))
        if mode == CATEGORY:
            return category_plan(videos, load_category(self.full_info_dir, settings.get("category")), dimensions)
        if mode == STANDARD:
            return standard_plan(videos, load_suite(self.full_info_dir), dimensions, settings.get("special_str", ""))
        raise UsageError(f"There is no mode {mode!r}. Known: {', '.join(MODES)}.")


def load_suite(name: str | Path | None) -> PromptSuite:
    """A prompt suite by name or file.

    Raises:
        UsageError: none is named, it is not there, or it is not a suite.
    """
    if name is None:
        raise UsageError("The standard mode needs a prompt suite: --suite open, --suite vbench-t2v or --suite FILE.")
    return library.suite(str(name), fetched_suites())


def load_category(suite: str | Path | None, category: str | None) -> PromptSuite:
    """The prompts of a content category of a suite; of our own suite where none is named.

    Raises:
        UsageError: there is no such category.
    """
    return library.category(str(suite or "open"), category, fetched_suites())


def fetched_suites() -> Path:
    """Folder of fetched prompt suites, in the cache."""
    return cache_dir() / "prompts"


def options_from(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Settings by dimension from the reference's keywords; defaults are left out."""
    mode = settings.get("imaging_quality_preprocessing_mode", "longer")
    return {} if mode == "longer" else {"imaging_quality": {"preprocessing": mode}}


def write_results(folder: Path, name: str, plan: Plan, into: Path | None = None) -> ScoreCard:
    """Write a run's scores as the reference's two files and return its card.

    Args:
        folder: the run's folder.
        name: start of the files' names.
        plan: what the run looked at.
        into: where to write; the run's folder by default.
    """
    rows = read_rows(folder)
    card = score_card(rows, read_record(folder)["not_evaluated"])
    target = into or folder
    write_atomically(target / f"{name}_full_info.json", _json(full_info(plan)))
    write_atomically(target / f"{name}_eval_results.json", _json(eval_results(rows, card, plan.root)))
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


def _only(prompts: Sequence[str]) -> str | None:
    if len(prompts) > 1:
        raise UsageError("Several prompts need the videos they belong to: give {path: prompt} instead of a list.")
    return prompts[0] if prompts else None


def _report(rows: Sequence[Row], outcome: Outcome) -> None:
    for name, reason in outcome.not_evaluated.items():
        logger.warning("%s is not evaluated: %s", name, reason)
    for row in rows:
        if row.status != SCORED:
            logger.warning("%s has no %s (%s): %s", row.video, row.dimension, row.status, row.reason)


def _why_nothing(rows: Sequence[Row], outcome: Outcome) -> str:
    reasons = [f"{name}: {reason}" for name, reason in outcome.not_evaluated.items()]
    reasons += [f"{row.dimension} of {row.video}: {row.reason}" for row in rows if row.status != SCORED]
    return "Nothing could be scored. " + "; ".join(reasons[:10] or ["no video belongs to a prompt of these dimensions"])


def _json(value: Any) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False, allow_nan=False) + "\n"
