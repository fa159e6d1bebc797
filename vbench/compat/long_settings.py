"""The reference's settings of long videos that a score depends on: which values of them the protocol has.

They are taken, so that a call that is right there is right here; a value that makes another score there is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.long import VBENCH_LONG
from vbench.benchmarks.slow_fast import SlowFast
from vbench.errors import UsageError
from vbench.files.text import read_text

CLIP_LENGTHS, WEIGHTS = "clip_length_config", "slow_fast_eval_config"

SHORT = dict(zip((spec.name for spec in VBENCH_LONG.specs if spec.slow_fast), ("sb", "bg"), strict=True))
"""Dimension that compares clips (subject, then background) -> how the names of its settings begin or end."""

_TABLE = "{}_mapping_file_path"

_COMPARED: dict[str, tuple[Any, ...]] = {
    "sb_clip2clip_feat_extractor": ("dinov2",),
    "bg_clip2clip_feat_extractor": ("dreamsim",),
}
_NOT_COUNTED: dict[str, tuple[Any, ...]] = {
    "sb_clip2clip_feat_extractor": ("dino", "dinov2"),
    "bg_clip2clip_feat_extractor": ("clip", "dreamsim"),
    "w_inclip": (1.0,),
    "w_clip2clip": (0.0,),
}
"""Setting -> what it may be; where the comparison counts, the file of the weights goes before the weights."""

SETTINGS = (CLIP_LENGTHS, WEIGHTS, *_NOT_COUNTED, *map(_TABLE.format, SHORT.values()))
"""Keywords of the reference's ``evaluate``."""


def refuse_other_scores(settings: Mapping[str, Any], benchmark: Benchmark) -> None:
    """Make sure that no setting asks for another score than the protocol's.

    Args:
        settings: keywords of the reference's ``evaluate``; those that are not there, or ``None``, ask for nothing.
        benchmark: with or without the comparison of clips.

    Raises:
        UsageError: a setting has another value, or a file does not hold the protocol's numbers or cannot be read.
    """
    given = {name: value for name, value in settings.items() if value is not None}
    counted = benchmark is VBENCH_LONG
    allowed = {CLIP_LENGTHS: ("clip_length_mix.yaml",), **(_COMPARED if counted else _NOT_COUNTED)}
    for name, values in allowed.items():
        if given.get(name, values[0]) not in values:
            raise _other(f"{name}={given[name]!r}", " or ".join(map(repr, values)), benchmark)
    for dimension, short in SHORT.items():
        both = benchmark.rules[dimension].slow_fast
        assert both
        if (table := given.get(_TABLE.format(short))) is not None:
            _refuse_other_numbers(_TABLE.format(short), Path(table), _table_of(both.mapping), benchmark)
        if counted and (weights := given.get(WEIGHTS)) is not None:
            _refuse_other_numbers(WEIGHTS, Path(weights), _weights_of(both, short), benchmark)


def _table_of(mapping: Sequence[float]) -> dict[str, float]:
    return {f"{place / (len(mapping) - 1):g}": value for place, value in enumerate(mapping)}


def _weights_of(both: SlowFast, short: str) -> dict[str, float]:
    return {f"w_inclip_{short}": both.in_clip_weight, f"w_clip2clip_{short}": both.clip_to_clip_weight}


def _refuse_other_numbers(name: str, path: Path, wanted: Mapping[str, float], benchmark: Benchmark) -> None:
    try:
        found = dict(_numbers(read_text(path)))
    except (OSError, ValueError) as error:
        raise UsageError(f"{name}: {path} cannot be read as lines of 'NAME: NUMBER': {error}") from error
    for key, value in wanted.items():
        if found.get(key) != value:
            raise _other(f"{name}: {path} has {found.get(key)} for {key}", f"{value}", benchmark)


def _numbers(text: str) -> Iterator[tuple[str, float]]:
    """Names and numbers of a flat YAML file; a name that is a number itself is written as short as it can be."""
    for line in text.splitlines():
        name, colon, number = line.partition("#")[0].partition(":")
        if colon:
            yield _short(name.strip()), float(number)


def _short(name: str) -> str:
    try:
        return f"{float(name):g}"
    except ValueError:
        return name


def _other(found: str, expected: str, benchmark: Benchmark) -> UsageError:
    return UsageError(
        f"{found}: {benchmark.name} has {expected}, and another value would make another score. Leave the setting out."
    )
