"""Scores of samples during training: a line or a point for each step at which somebody asks.

Called from a plain loop, or in the main process of one that accelerate spreads; the scores go to a file of JSON lines
or, where TensorBoard is installed, to a folder of its events.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from os import SEEK_END
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench.errors import MissingExtra, UsageError
from vbench.media.decode import ASSUMED_FPS
from vbench.media.frames_in_memory import Frames
from vbench.prompts.suite import Prompt
from vbench.runs.scorer import Scorer, paired

if TYPE_CHECKING:
    import torch

LINES = ".jsonl"

Entry = dict[str, Any]
"""What is written of a step: ``step``, ``videos``, ``scores`` by dimension, ``not_scored`` by dimension and reason, and
what judged: ``profile``, and ``made_with`` by dimension, alike wherever scores compare."""

DIGITS = 16
"""Of a digest, what is written."""


class ScoreLog:
    """Scores videos and writes the mean of each dimension beside the training step.

    Args:
        scorer: whose models are loaded.
        to: a file ``NAME.jsonl``, which is appended to, or a folder of TensorBoard's events.

    Raises:
        UsageError: a file of another kind is there.
        MissingExtra: a folder was named, and TensorBoard is not installed.

    >>> import tempfile, numpy as np
    >>> from vbench.files.json_file import plain_json
    >>> file = Path(tempfile.mkdtemp()) / "scores.jsonl"
    >>> log = ScoreLog(Scorer(["temporal_flickering"], profile="lite", device="cpu"), file)
    >>> log(100, [np.full((8, 3, 64, 64), 128, np.uint8)])
    {'temporal_flickering': 1.0}
    >>> list(plain_json(file.read_text()))
    ['step', 'videos', 'scores', 'not_scored', 'profile', 'made_with']
    """

    def __init__(self, scorer: Scorer, to: str | Path) -> None:
        self.scorer, place = scorer, Path(to)
        self._write = _lines(place) if place.suffix == LINES else _tensorboard(place)
        self._made_with = {name: digest[:DIGITS] for name, digest in scorer.made_with().items()}

    def __call__(
        self,
        step: int,
        videos: Sequence[Frames | str | Path] | torch.Tensor,
        prompts: Sequence[str | Prompt] | str | Prompt = "",
        fps: float = ASSUMED_FPS,
    ) -> dict[str, float]:
        """Score some videos of a step and write their means.

        Args:
            step: of the training.
            videos: as :meth:`Scorer.score_batch <vbench.runs.scorer.Scorer.score_batch>` takes them.
            prompts: one for each, or one for all.
            fps: frames per second of all.

        Returns:
            Dimension -> mean over the videos that it could score, in its own unit; without those that could score none.

        Raises:
            UsageError: not one prompt for each video.
            VideoError: something is no video.
        """
        entry = self._entry(step, videos, prompts, fps)
        self._write(entry)
        return dict(entry["scores"])

    def _entry(self, step: int, videos: Any, prompts: Any, fps: float) -> Entry:
        values: dict[str, list[float]] = defaultdict(list)
        without: dict[str, Counter[str]] = defaultdict(Counter)
        for video, prompt in paired(videos, prompts):
            scores, reasons = self.scorer.attempt(video, prompt, fps)
            for name, score in scores.items():
                values[name].append(score.value)
            for name, reason in reasons.items():
                without[name][reason] += 1
        return {
            "step": step,
            "videos": len(videos),
            "scores": {name: sum(found) / len(found) for name, found in values.items()},
            "not_scored": {name: dict(reasons) for name, reasons in without.items()},
            "profile": self.scorer.profile,
            "made_with": self._made_with,
        }


def _lines(file: Path) -> Callable[[Mapping[str, Any]], None]:
    file.parent.mkdir(parents=True, exist_ok=True)

    def write(entry: Mapping[str, Any]) -> None:
        with file.open("a", encoding="utf-8") as lines:
            lines.write("\n" * _is_cut(file) + json.dumps(entry, ensure_ascii=False, allow_nan=False) + "\n")

    return write


def _is_cut(file: Path) -> bool:
    """Whether the last line has no end, as a process that was killed or a full disk leaves it."""
    if not file.is_file():  # a pipe has no lines to look back at
        return False
    with file.open("rb") as content:
        if not content.seek(0, SEEK_END):
            return False
        content.seek(-1, SEEK_END)
        return content.read() != b"\n"


def _tensorboard(folder: Path) -> Callable[[Mapping[str, Any]], None]:
    if folder.is_file():
        raise UsageError(f"{folder} is a file: name a folder for TensorBoard, or a file NAME{LINES}.")
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingExtra(
            f"TensorBoard is not installed. Install it with: pip install tensorboard, or log to a file NAME{LINES}."
        ) from error
    writer = SummaryWriter(str(folder))

    def write(entry: Mapping[str, Any]) -> None:
        for name, value in entry["scores"].items():
            writer.add_scalar(f"vbench/{name}", value, entry["step"])
        for name, reasons in entry["not_scored"].items():
            told = "; ".join(f"{count}: {reason}" for reason, count in reasons.items())
            writer.add_text(f"vbench/not scored/{name}", f"of {entry['videos']} videos {told}", entry["step"])
        writer.add_text("vbench/made with", f"{entry['profile']}: {entry['made_with']}", entry["step"])
        writer.flush()

    return write
