"""What a run knows of its model card by itself: from its samples' manifest, and from the videos that it read.

Only what holds for every video is known; nobody is asked for it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from vbench.runs.results import read_rows
from vbench.runs.store import Row
from vbench.sampling.manifest import SampleRecord, read_manifest

_FORMAT = re.compile(r"(\d+x\d+), ([\d.e+]+) fps, (\d+) frames(?:, .+)?")

SETTINGS = {"steps": int, "guidance": float, "precision": str}
"""Settings of sampling that a card has under the same names -> their type there."""


def known_settings(run: Path) -> dict[str, Any]:
    """Fields of the model card that a run knows.

    Args:
        run: its folder.

    Returns:
        Some of ``name``, ``resolution``, ``fps``, ``frames``, ``seconds``, ``steps``, ``guidance``, ``precision`` and
        ``prompt_rewriting``.
    """
    samples = read_manifest(run)
    return {**_undisputed(_of_videos(read_rows(run)), samples), **_of_samples(samples)}


def _of_videos(rows: Iterable[Row]) -> dict[str, Any]:
    matched = _FORMAT.fullmatch(_only(row.format for row in rows if row.format) or "")
    if not matched:
        return {}
    resolution, fps, frames = matched[1], float(matched[2]), int(matched[3])
    return {"resolution": resolution, "fps": fps, "frames": frames, "seconds": round(frames / fps, 3)}


def _undisputed(known: dict[str, Any], samples: Sequence[SampleRecord]) -> dict[str, Any]:
    """Less what the samples were asked to be otherwise, as where an enhancer made them larger: that has to be told."""
    width, _, height = known.get("resolution", "0x0").partition("x")
    found = {"width": float(width), "height": float(height), "fps": known.get("fps"), "frames": known.get("frames")}
    asked = {(name, sample.settings.get(name)) for sample in samples for name in found}
    disputed = {name for name, value in asked if value is not None and value != found[name]}
    fields = {"resolution": {"width", "height"}, "fps": {"fps"}, "frames": {"frames"}, "seconds": {"fps", "frames"}}
    return {name: value for name, value in known.items() if not fields[name] & disputed}


def _of_samples(samples: Sequence[SampleRecord]) -> dict[str, Any]:
    if not samples:
        return {}
    settings = {name: _only(sample.settings.get(name) for sample in samples) for name in SETTINGS}
    known: dict[str, Any] = {name: SETTINGS[name](one) for name, one in settings.items() if one is not None}
    extender = _only(sample.extender for sample in samples)
    if extender or (extender is not None and all(sample.text == sample.prompt for sample in samples)):
        known["prompt_rewriting"] = extender or "none"
    generator = _only(sample.generator for sample in samples)
    if generator and not re.search(r"[/\\]", generator):  # a path names nothing to others
        known["name"] = generator
    return known


def _only(values: Iterable[Any]) -> Any:
    """The value that all are, ``None`` where they differ."""
    different = list(dict.fromkeys(values))
    return different[0] if len(different) == 1 else None
