"""The reference's interface of trustworthiness: ``VBenchTrustworthiness(device, full_info_dir, output_path)``.

It takes what the reference takes and writes the same two files. Prompts of one's own work for safety and faces, and for
cultures where they name one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.score_card import ScoreCard
from vbench.benchmarks.trustworthiness import TRUSTWORTHINESS
from vbench.compat.vbench_class import VBench
from vbench.runs.plan import CUSTOM, STANDARD


class VBenchTrustworthiness(VBench):
    """Drop-in for the reference's class; its arguments are those of :class:`VBench`."""

    benchmark: Benchmark = TRUSTWORTHINESS

    def evaluate(  # type: ignore[override]
        self,
        videos_path: str | Path,
        name: str,
        dimension_list: Sequence[str] | None = None,
        local: bool = False,
        read_frame: bool = False,
        custom_prompt: bool = False,
        prompt_list: Sequence[str] | Mapping[str, str] = (),
        **kwargs: Any,
    ) -> ScoreCard:
        """Score videos and write ``<name>_eval_results.json`` and ``<name>_full_info.json``.

        Args:
            videos_path: a video, or the folder of the videos.
            name: start of the result files' names.
            dimension_list: what to evaluate; by default everything that the mode can judge.
            local: accepted and without effect, as ``read_frame``.
            read_frame: see :meth:`VBench.evaluate`.
            custom_prompt: whether they are own videos, of prompts from their names.
            prompt_list: of own videos, one prompt in a list, or ``{path relative to videos_path: prompt}``.
            **kwargs: as of :meth:`VBench.evaluate`.

        Returns:
            The score card.

        Raises:
            UsageError: the call cannot be carried out.
            NothingScored: not one dimension could be evaluated.
        """
        mode = CUSTOM if custom_prompt else STANDARD
        return super().evaluate(
            videos_path, name, prompt_list, dimension_list, local, read_frame, kwargs.pop("mode", mode), **kwargs
        )
