"""A scorer in a process of its own: a video that ends it costs whoever sent it an answer, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from vbench import device as devices
from vbench.media.apart import Apart
from vbench.runs.scorer import Scorer
from vbench.runs.workers import computing

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from vbench.dimensions.base import VideoScore

Answer = tuple[dict[str, "VideoScore"], dict[str, str]]
"""Scores by dimension, and the reasons of those that have none."""


class Attempts(Protocol):
    """Who scores a video by whatever can judge it, as :class:`~vbench.runs.scorer.Scorer` does."""

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of what is scored."""

    def attempt(self, frames: Path | list[Image.Image], prompt: str, fps: float) -> Answer:
        """See :meth:`vbench.runs.scorer.Scorer.attempt`."""


class ScorerApart:
    """The models are there when the block begins, and loaded anew after a video that ended their process.

    Args:
        dimensions: as of :class:`~vbench.runs.scorer.Scorer`.
        profile: see there.
        device: see there.
    """

    def __init__(self, dimensions: Sequence[str], profile: str, device: str) -> None:
        import torch

        self.dimensions = tuple(dimensions)
        where = devices.choose(device)
        self._apart = Apart(computing(partial(_held, self.dimensions, profile), where, torch.get_num_threads()))

    def __enter__(self) -> Self:
        """The scorer, ready; raises what :class:`~vbench.runs.scorer.Scorer` raises."""
        self._apart.__enter__()
        self._apart.get_ready()
        return self

    def __exit__(self, *how: object) -> None:
        """End the process."""
        self._apart.__exit__(*how)

    def attempt(self, frames: Path | list[Image.Image], prompt: str, fps: float) -> Answer:
        """See :meth:`vbench.runs.scorer.Scorer.attempt`.

        Raises:
            Unavailable: the video ended the process; the message says how.
            VideoError: the frames are no video.
        """
        if isinstance(frames, Path):
            return self._apart(_attempted, frames, None, prompt, fps)
        return self._apart(_attempted, Path("frames in memory"), frames, prompt, fps)


def _held(dimensions: Sequence[str], profile: str, device: torch.device) -> tuple[Scorer]:
    return (Scorer(dimensions, profile, device),)


def _attempted(scorer: Scorer, path: Path, frames: list[Image.Image] | None, prompt: str, fps: float) -> Answer:
    return scorer.attempt(path if frames is None else frames, prompt, fps)
