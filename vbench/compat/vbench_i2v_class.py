"""The reference's interface of image to video: ``VBenchI2V(device, full_info_dir, output_path).evaluate(...)``.

It takes what the reference takes, and writes the same two files; what the reference drops without a word (prompts, and
keywords of the modes) works.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.i2v import VBENCH_I2V
from vbench.benchmarks.registry import spec_of
from vbench.benchmarks.score_card import ScoreCard
from vbench.compat.vbench_class import VBench, only_prompt
from vbench.prompts.library import load_suite, pictures_of
from vbench.prompts.pictures import picture_folder, ratios_in
from vbench.runs.custom_plan import custom_plan
from vbench.runs.dimensions_asked import dimensions_asked
from vbench.runs.plan import CUSTOM, STANDARD, Plan
from vbench.runs.standard_plan import standard_plan

RESOLUTION = "1-1"
"""Ratio of the pictures where none is named, as in the reference."""


class VBenchI2V(VBench):
    """Drop-in for the reference's class; its arguments are those of :class:`VBench`."""

    benchmark: Benchmark = VBENCH_I2V
    keywords: ClassVar[tuple[str, ...]] = (*VBench.keywords, "custom_image_folder", "images", "resolution")

    def evaluate(  # type: ignore[override]
        self,
        videos_path: str | Path,
        name: str,
        dimension_list: Sequence[str] | None = None,
        custom_image_folder: str | Path | None = None,
        mode: str = STANDARD,
        local: bool = False,
        read_frame: bool = False,
        resolution: str = RESOLUTION,
        *,
        custom_prompt: bool = False,
        prompt_list: Sequence[str] | Mapping[str, str] = (),
        images: str | Path | None = None,
        **kwargs: Any,
    ) -> ScoreCard:
        """Score videos and write ``<name>_eval_results.json`` and ``<name>_full_info.json``.

        Args:
            videos_path: a video, or the folder of the videos.
            name: start of the result files' names.
            dimension_list: what to evaluate; by default everything that the mode can judge.
            custom_image_folder: in the custom mode, the pictures, each named after its prompt.
            mode: ``"vbench_standard"`` or ``"custom_input"``.
            local: accepted and without effect, as ``read_frame``.
            read_frame: see :meth:`VBench.evaluate`.
            resolution: ratio of the suite's pictures, such as ``"16-9"``.
            custom_prompt: the same as ``mode="custom_input"``.
            prompt_list: in the custom mode, one prompt in a list, or ``{path relative to videos_path: prompt}``.
            images: in the standard mode, the folder of the suite's pictures; in the cache by default.
            **kwargs: as of :meth:`VBench.evaluate`.

        Returns:
            The score card.

        Raises:
            UsageError: the call cannot be carried out, or pictures are missing.
            NothingScored: not one dimension could be evaluated.
        """
        mode = CUSTOM if custom_prompt else mode
        pictures = {"custom_image_folder": custom_image_folder, "images": images, "resolution": resolution}
        return super().evaluate(
            videos_path, name, prompt_list, dimension_list, local, read_frame, mode, **pictures, **kwargs
        )

    def _plan(
        self,
        videos: Path,
        prompts: Sequence[str] | Mapping[str, str],
        dimensions: Sequence[str] | None,
        mode: str,
        settings: Mapping[str, Any],
    ) -> Plan:
        if mode == CUSTOM:
            folder = settings["custom_image_folder"] or settings["images"]
            texts = prompts if isinstance(prompts, Mapping) else only_prompt(prompts)
            return custom_plan(videos, dimensions, texts, self.benchmark, Path(folder) if folder else None)
        if mode == STANDARD:
            suite = self.full_info_dir or self.benchmark.suite
            found = load_suite(suite)
            names = dimensions_asked(dimensions, STANDARD, self.benchmark)
            pictures = None
            if settings["images"] or any(spec_of(name, self.benchmark).needs_picture for name in names):
                root = Path(settings["images"] or pictures_of(str(suite)))
                pictures = picture_folder(root, "" if "" in ratios_in(root) else settings["resolution"])
            return standard_plan(
                videos, found, dimensions, settings.get("special_str", ""), benchmark=self.benchmark, pictures=pictures
            )
        return super()._plan(videos, prompts, dimensions, mode, settings)
