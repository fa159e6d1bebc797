"""What the kit has of each dimension: clips with their prompts, the reference's figures of them, and how near is near.

The figures were made with the reference at the commit that the files name, with seeded weights, on a CPU. The clips are
the same pixels for every decoder where they are lossless RGB; a decoder's YUV may differ by a level.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from vbench.benchmarks.base import Values
from vbench.benchmarks.t2v import RULES, T2V
from vbench.files import ours
from vbench.files.json_file import plain_json
from vbench.parity.checkpoints import KIT, write_checkpoint

DIMENSIONS = tuple(spec.name for spec in T2V.specs if (KIT / "goldens" / f"{spec.name}.json").is_file())
"""Those of text to video, in the protocol's order."""

LOSSLESS, LOSSY = 1e-4, 2e-3
"""How far a figure may be from the reference's, in units of the aggregate."""

VIDEOS, SUITE, CHECKPOINTS = "videos", "VBench_full_info.json", "checkpoints"
"""What :func:`make` makes in a folder."""


@dataclass(frozen=True)
class Figure:
    """One number of the reference.

    Attributes:
        clip: name of its file without suffix, ``"aggregate"`` for that of all clips.
        value: in the unit of the result files: imaging quality's are on 0 to 100, by video.
        tolerance: in the same unit; 0 for a verdict.
        prompt: what the clip is named after; ``""`` for the aggregate.
        facts: what the prompt should show, as a suite's file has it, by dimension.
    """

    clip: str
    value: float
    tolerance: float
    prompt: str = ""
    facts: Any = None

    @property
    def video(self) -> str:
        """Name of the video."""
        return f"{self.prompt}-0.mp4"


def golden(dimension: str) -> dict[str, Any]:
    """All that was written down of a dimension, with what the reference saw on its way."""
    text = (KIT / "goldens" / f"{dimension}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = plain_json(text)
    return found


@cache
def figures(dimension: str) -> tuple[Figure, ...]:
    """The reference's figures of a dimension, the aggregate last.

    A figure that was made of a file without an index in its name is left out, and the aggregate with it: the reference
    reads labels from names, and that of a video as suites name them may be another.
    """
    told = golden(dimension)
    clips = [_figure(dimension, clip, one) for clip, one in told["clips"].items() if "-" in one.get("file_name", "-")]
    if len(clips) < len(told["clips"]):
        return tuple(clips)
    lossy = any(figure.clip.endswith("_yuv") for figure in clips)
    return (*clips, Figure("aggregate", told["aggregate"], LOSSY if lossy else LOSSLESS))


def _figure(dimension: str, clip: str, told: dict[str, Any]) -> Figure:
    name, rule, facts = clip.removesuffix(".mp4"), RULES[dimension], told.get("auxiliary_info")
    near = 0.0 if rule.values is Values.BOOLEAN else rule.result_scale * (LOSSY if name.endswith("_yuv") else LOSSLESS)
    if facts and not isinstance(facts[dimension], dict):
        facts = {dimension: facts}
    return Figure(name, told["score"], near, told["prompt"], facts)


def checkpoints_of(dimensions: Iterable[str]) -> list[str]:
    """Names of what is to be seeded, each once."""
    return list(dict.fromkeys(name for dimension in dimensions for name in RULES[dimension].checkpoints))


def suite(dimensions: Iterable[str]) -> list[dict[str, Any]]:
    """The prompts of the clips, as the reference's file of a suite has them."""
    entries: dict[str, dict[str, Any]] = {}
    for dimension in dimensions:
        for figure in figures(dimension):
            if figure.prompt:
                entry = entries.setdefault(figure.prompt, {"prompt_en": figure.prompt, "dimension": []})
                entry["dimension"].append(dimension)
                if figure.facts:
                    entry.setdefault("auxiliary_info", {}).update(figure.facts)
    return list(entries.values())


def make(folder: Path, dimensions: Sequence[str], tell: Callable[[str], None]) -> None:
    """Write the clips under the names of their prompts, the suite that asks for them, and the seeded checkpoints.

    Args:
        folder: new, empty, or made by an earlier call; checkpoints that are there stay.
        dimensions: whose clips and checkpoints.
        tell: hears of each checkpoint before it is made.

    Raises:
        UsageError: the folder holds files of somebody else.
    """
    ours.claim(folder)
    for figure in (figure for dimension in dimensions for figure in figures(dimension) if figure.prompt):
        clip = (KIT / "clips" / f"{figure.clip}.mp4").read_bytes()
        ours.write(folder / VIDEOS / figure.video, clip, listed_in=folder)
    written = json.dumps(suite(dimensions), indent=2, ensure_ascii=False)
    ours.write(folder / SUITE, f"{written}\n", listed_in=folder)
    for name in checkpoints_of(dimensions):
        tell(name)
        write_checkpoint(name, folder / CHECKPOINTS)
