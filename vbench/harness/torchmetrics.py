"""A :class:`~vbench.runs.scorer.Scorer` as a metric of torchmetrics, for training loops.

What is kept is every video's own value and weight, so the result has the same bits on one process and on many. They are
those of ``vbench evaluate`` on lossless files of the same frames, except of a dimension that judges the samples of a
prompt against each other.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torchmetrics import Metric

from vbench.harness.means import mean
from vbench.media.decode import ASSUMED_FPS
from vbench.media.frames_in_memory import Frames
from vbench.prompts.suite import Prompt
from vbench.runs.scorer import Scorer, paired


class VBenchMetric(Metric):
    """The mean of each dimension over the videos of all updates, on all processes.

    Args:
        scorer: whose models are loaded.
        **keywords: of :class:`torchmetrics.Metric`, such as ``sync_on_compute``.

    >>> metric = VBenchMetric(Scorer(["temporal_flickering"], profile="lite", device="cpu"))
    >>> metric.update(torch.full((2, 8, 3, 64, 64), 128, dtype=torch.uint8), ["a wall", "another wall"])
    >>> metric.compute()
    {'temporal_flickering': tensor(1., dtype=torch.float64)}
    """

    full_state_update = False
    is_differentiable = False
    numbers: list[torch.Tensor] | torch.Tensor

    def __init__(self, scorer: Scorer, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._scorer = scorer
        self.add_state("numbers", [], dist_reduce_fx="cat")  # a video's values and weights, one after the other
        self.set_dtype(torch.float64)

    def update(
        self,
        frames: Sequence[Frames | str | Path] | torch.Tensor,
        prompts: Sequence[str | Prompt] | str | Prompt = "",
        fps: float = ASSUMED_FPS,
    ) -> None:
        """Score some videos; a dimension that cannot judge one warns and leaves it out.

        Args:
            frames: as :meth:`Scorer.score_batch <vbench.runs.scorer.Scorer.score_batch>` takes videos, such as
                ``(B, T, 3, H, W)``.
            prompts: one for each, or one for all.
            fps: frames per second of all.

        Raises:
            UsageError: not one prompt for each video.
            VideoError: something is no video.
        """
        found = [self._numbers(video, prompt, fps) for video, prompt in paired(frames, prompts)]
        assert isinstance(self.numbers, list)
        self.numbers.append(torch.tensor(found, dtype=torch.float64, device=self.device).flatten())

    def compute(self) -> dict[str, torch.Tensor]:
        """The scores so far; of a mean that is not over all videos it warns.

        Returns:
            Dimension -> mean, a scalar float64, in the dimension's own unit; without those that no video counts for.
        """
        kept = [self.numbers] if isinstance(self.numbers, torch.Tensor) else self.numbers
        flat = [number for some in kept for number in some.tolist()]
        pairs = list(zip(flat[::2], flat[1::2], strict=True))
        names = self._scorer.dimensions
        of_each = {name: pairs[index :: len(names)] for index, name in enumerate(names)}
        means = {name: mean(found) for name, found in of_each.items()}
        for name, found in of_each.items():
            if count := sum(not weight for _, weight in found):
                warnings.warn(f"{name} is of {len(found) - count} of {len(found)} videos", stacklevel=3)
        return {
            name: torch.tensor(value, dtype=torch.float64, device=self.device)
            for name, value in means.items()
            if value is not None
        }

    def _numbers(self, video: Frames | str | Path, prompt: str | Prompt, fps: float) -> list[tuple[float, float]]:
        """Value and weight by dimension; nothing counts nothing."""
        scores, reasons = self._scorer.attempt(video, prompt, fps)
        for name, reason in reasons.items():
            warnings.warn(f"left out of {name}: {reason}", stacklevel=3)
        found = [scores.get(name) for name in self._scorer.dimensions]
        return [(score.value, score.weight) if score else (0.0, 0.0) for score in found]
