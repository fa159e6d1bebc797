"""The reference's interface of long videos: ``VBenchLong(device, full_info_dir, output_path).evaluate(...)``.

It takes what ``eval_long.py`` passes on, and writes the same two files. Nothing is written into the folder of the
videos; clips that the reference left there (``split_clip``) are not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.long import VBENCH_LONG, VBENCH_LONG_PLAIN
from vbench.benchmarks.score_card import ScoreCard
from vbench.compat.long_settings import SETTINGS, refuse_other_scores
from vbench.compat.vbench_class import VBench, only_prompt
from vbench.errors import UsageError
from vbench.prompts.library import load_suite
from vbench.runs.custom_plan import custom_plan
from vbench.runs.cut import cut
from vbench.runs.plan import CUSTOM, STANDARD, Cutting, Plan
from vbench.runs.standard_plan import standard_plan

LONG_STANDARD, LONG_CUSTOM = "long_vbench_standard", "long_custom_input"


class VBenchLong(VBench):
    """Drop-in for the reference's class; its arguments are those of :class:`VBench`."""

    benchmark: Benchmark = VBENCH_LONG
    keywords: ClassVar[tuple[str, ...]] = (
        *VBench.keywords, "dev_flag", "static_filter_flag", "use_semantic_splitting", "num_of_samples_per_prompt",
        "reencode", *SETTINGS,
    )  # fmt: skip

    def evaluate(
        self,
        videos_path: str | Path,
        name: str,
        prompt_list: Sequence[str] | Mapping[str, str] = (),
        dimension_list: Sequence[str] | None = None,
        local: bool = False,
        read_frame: bool = False,
        mode: str = LONG_STANDARD,
        **kwargs: Any,
    ) -> ScoreCard:
        """Score long videos and write ``<name>_eval_results.json`` and ``<name>_full_info.json``.

        Args:
            videos_path: a video, or the folder of the videos.
            name: start of the result files' names.
            prompt_list: in the custom mode, one prompt in a list, or ``{path relative to videos_path: prompt}``.
            dimension_list: what to evaluate; by default everything that the mode can judge.
            local: accepted and without effect, as ``read_frame``.
            read_frame: see :meth:`VBench.evaluate`.
            mode: ``"long_vbench_standard"`` or ``"long_custom_input"``.
            **kwargs: ``dev_flag`` (whether the comparison of clips counts), ``static_filter_flag``,
                ``use_semantic_splitting``, ``num_of_samples_per_prompt`` as in the reference; ``reencode``, by default
                what the profile does; :data:`~vbench.compat.long_settings.SETTINGS`, where they have the protocol's
                values; those of :meth:`VBench.evaluate`.

        Returns:
            The score card.

        Raises:
            UsageError: the call cannot be carried out, or asks for what the protocol does not have.
            NothingScored: not one dimension could be evaluated.
        """
        self.benchmark = VBENCH_LONG if kwargs.get("dev_flag") else VBENCH_LONG_PLAIN
        refuse_other_scores(kwargs, self.benchmark)
        return super().evaluate(videos_path, name, prompt_list, dimension_list, local, read_frame, mode, **kwargs)

    def _plan(
        self,
        videos: Path,
        prompts: Sequence[str] | Mapping[str, str],
        dimensions: Sequence[str] | None,
        mode: str,
        settings: Mapping[str, Any],
    ) -> Plan:
        if mode in (LONG_CUSTOM, CUSTOM):
            texts = prompts if isinstance(prompts, Mapping) else only_prompt(prompts)
            return custom_plan(videos, dimensions, texts, self.benchmark)
        if mode in (LONG_STANDARD, STANDARD):
            samples = settings.get("num_of_samples_per_prompt")
            special = settings.get("special_str", "")
            suite = load_suite(self.full_info_dir or self.benchmark.suite)
            return standard_plan(videos, suite, dimensions, special, samples, self.benchmark)
        raise UsageError(f"There is no mode {mode!r}. Known: {LONG_STANDARD}, {LONG_CUSTOM}.")

    def _cut(self, plan: Plan, settings: Mapping[str, Any]) -> Plan:
        reencode = settings.get("reencode")
        scenes = bool(settings.get("use_semantic_splitting"))
        cutting = Cutting(self.profile.comparable if reencode is None else bool(reencode), scenes)
        return cut(plan, cutting, static_only=bool(settings.get("static_filter_flag")))
