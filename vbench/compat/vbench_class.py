"""The reference's programming interface and result files, on top of the run engine.

``VBench(device, full_info_dir, output_path).evaluate(...)`` takes what the reference takes and writes the same two
files. Beside them lies the run (``<name>.run/``): it continues after a kill, and the other commands read it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from vbench import device as devices
from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.score_card import ScoreCard
from vbench.benchmarks.t2v import T2V
from vbench.compat.result_files import result_files, write_results
from vbench.dimensions.profiles import profile
from vbench.errors import UsageError, VBenchError
from vbench.files import ours
from vbench.files.remote import located
from vbench.prompts.library import load_category, load_suite
from vbench.registry import unknown
from vbench.runs.category_plan import category_plan
from vbench.runs.continued import conflicts
from vbench.runs.custom_plan import custom_plan
from vbench.runs.evaluate import evaluate
from vbench.runs.evaluators import Evaluators
from vbench.runs.plan import CATEGORY, CUSTOM, MODES, STANDARD, Plan
from vbench.runs.results import read_rows
from vbench.runs.row_writer import Outcome
from vbench.runs.standard_plan import standard_plan
from vbench.runs.store import SCORED, Row

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

KEYWORDS = ("category", "special_str", "imaging_quality_preprocessing_mode", "batch_size", "all_pairs")
"""What :meth:`VBench.evaluate` takes beside its named arguments."""


class NothingScored(VBenchError):
    """No dimension that was asked for has a score; the message gives each one's reason."""


class VBench:
    """Drop-in for the reference's class.

    Args:
        device: ``"cpu"``, ``"cuda"``, ``"auto"`` or a ``torch.device``.
        full_info_dir: the prompt suite's JSON file (``VBench_full_info.json``) or the name of a suite; only the
            standard and category modes read it.
        output_path: folder for the results; made if it is not there.
        profile_name: which backbones look (:func:`vbench.dimensions.profiles.profiles`).
    """

    benchmark: Benchmark = T2V
    keywords: ClassVar[tuple[str, ...]] = KEYWORDS

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
                ``batch_size`` is accepted and without effect; ``all_pairs`` goes on looking at pairs of frames that can
                no longer change a verdict on motion.

        Returns:
            The score card.

        Raises:
            UsageError: the call cannot be carried out.
            NothingScored: not one dimension could be evaluated.
        """
        ours.refuse_foreign(*result_files(self.output_path, name))
        for keyword in kwargs:
            if keyword not in self.keywords:
                raise unknown("keyword", keyword, self.keywords, f" of {type(self).__name__}.evaluate()")
        plan = self._cut(self._plan(located(videos_path), prompt_list, dimension_list, mode, kwargs), kwargs)
        evaluators = Evaluators(self.profile, self.device, options_from(kwargs), self.benchmark)
        evaluators.all_pairs = bool(kwargs.get("all_pairs"))
        folder = self._run_folder(name, plan, evaluators)
        outcome = evaluate(plan, evaluators, folder)
        card = write_results(folder, name, plan, into=self.output_path)
        rows = read_rows(folder)
        _report(rows, outcome)
        if not card.scores:
            raise NothingScored(_why_nothing(rows, outcome))
        return card

    def _cut(self, plan: Plan, settings: Mapping[str, Any]) -> Plan:
        """What is looked at of the videos: all of them."""
        return plan

    def _run_folder(self, name: str, plan: Plan, evaluators: Evaluators) -> Path:
        """``<name>.run``, or the first ``<name>-2.run``, ... that is not of other videos, another suite or mode."""
        folders = (self.output_path / f"{name}{suffix}.run" for suffix in chain([""], (f"-{n}" for n in count(2))))
        return next(folder for folder in folders if not conflicts(folder, plan, evaluators))

    def _plan(
        self,
        videos: Path,
        prompts: Sequence[str] | Mapping[str, str],
        dimensions: Sequence[str] | None,
        mode: str,
        settings: Mapping[str, Any],
    ) -> Plan:
        if mode == CUSTOM:
            given = prompts if isinstance(prompts, Mapping) else only_prompt(prompts)
            return custom_plan(videos, dimensions, given, self.benchmark)
        if mode == CATEGORY:
            suite = load_category(self.full_info_dir, settings.get("category"))
            return category_plan(videos, suite, dimensions, self.benchmark)
        if mode == STANDARD:
            special = settings.get("special_str", "")
            return standard_plan(videos, load_suite(self.full_info_dir), dimensions, special, benchmark=self.benchmark)
        raise UsageError(f"There is no mode {mode!r}. Known: {', '.join(MODES)}.")


def options_from(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Settings by dimension from the reference's keywords; defaults are left out."""
    mode = settings.get("imaging_quality_preprocessing_mode", "longer")
    return {} if mode == "longer" else {"imaging_quality": {"preprocessing": mode}}


def only_prompt(prompts: Sequence[str]) -> str | None:
    """The one prompt of a list, ``None`` where it is empty.

    Raises:
        UsageError: there are several.
    """
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
