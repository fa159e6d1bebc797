"""What a dimension can say of a video: its value, and the weight that follows from the video's number of frames."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from vbench.analysis.statistics import Figure
from vbench.benchmarks.base import Benchmark, Counts, DimensionSpec, Values
from vbench.runs.store import FAILED, FINAL, NOT_STATIC, SCORED, Row

LOOKED_AT = 16
"""Frames that a dimension looks at which does not look at all of them, whatever the video's length."""

BY_LENGTH = (Counts.PAIRS, Counts.FRAMES)
"""The longer a video, the more it weighs."""

WEIGHTY = (*BY_LENGTH, Counts.LOOKED_AT)
"""A video weighs as many as something of it was counted; elsewhere it weighs 1."""

MOST_FRAMES = 100_000

EVEN = 2
"""Times that the longest video of a ranked result may be the shortest: where length is weight, length is influence."""

TOLERANCE = 1e-6

_FORMAT = re.compile(r"(\d{1,6})x(\d{1,6}), (\d{1,6}(?:\.\d+)?(?:e[+-]?\d+)?) fps, (\d{1,6}) frames(?:, [\w -]{1,40})?")


def wrong_values(rule: DimensionSpec, rows: Sequence[Row], counted: bool) -> Iterator[str]:
    """Values that a dimension cannot give.

    Args:
        rule: of the dimension.
        rows: its rows.
        counted: whether hits were counted over 16 frames, as ours are.
    """
    name = rule.name
    if statuses := {row.status for row in rows} - {*FINAL, FAILED}:
        yield f"{name}: unknown status {min(statuses)!r:.40}."
    if not rule.sampled and any(row.status == NOT_STATIC for row in rows):
        yield f"{name}: its videos are not filtered, and some are said to move."
    if any((row.status == SCORED) != (row.value is not None and row.weight is not None) for row in rows):
        yield f"{name}: a scored video has a value and a weight, another has neither."
    low, high = rule.bounds or (-math.inf, math.inf)
    outside = [row for row in rows if row.value is not None and not low <= row.value <= high]
    if outside:
        what = "a cosine" if rule.values is Values.COSINE else "the score"
        yield (
            f"{name}: {len(outside)} of {len(rows)} values are not in {low:g}..{high:g}, such as {outside[0].value:g} "
            f"of {outside[0].video!r:.100}. {what.capitalize()} cannot be that; a model without its weights gives such "
            "values. Check the checkpoint and evaluate again."
        )
    elif rule.values is Values.BOOLEAN and (between := [row for row in rows if row.value not in (None, 0, 1)]):
        yield f"{name}: a video scores 0 or 1, found {between[0].value:g} of {between[0].video!r:.100}."
    elif counted and (odd := [row for row in rows if row.value is not None and not _is_share(rule, row.value)]):
        what = f"hits in {LOOKED_AT} frames" if rule.values is Values.HITS else f"hits in at most {LOOKED_AT} frames"
        yield f"{name}: a video's score is {what}, found {odd[0].value:g} of {odd[0].video!r:.100}."


def _is_share(rule: DimensionSpec, value: float) -> bool:
    """Whether a dimension that counts frames can give the value."""
    found = rule.counts is Counts.FOUND
    sizes = (LOOKED_AT,) if rule.values is Values.HITS else range(1, LOOKED_AT + 1) if found else ()
    return not sizes or any(abs(value * size - round(value * size)) < TOLERANCE for size in sizes)


def wrong_weights(rule: DimensionSpec, rows: Sequence[Row], counted: bool) -> Iterator[str]:
    """Weights that a dimension cannot give; where frames were not counted (``counted``), 1 stands for any number."""
    name = rule.name
    for row in rows:
        weight = row.weight
        if weight is None:
            continue
        if rule.counts in WEIGHTY and not (rule.counts is Counts.LOOKED_AT and counted):
            right, should = float(weight).is_integer() and 1 <= weight <= MOST_FRAMES, "a number of frames"
        elif rule.counts is Counts.LOOKED_AT:
            right, should = weight == LOOKED_AT, f"{LOOKED_AT}, the frames that are looked at"
        else:
            right, should = weight == 1 or (rule.counts is Counts.FOUND and weight == 0), "1"
        if not right:
            yield f"{name}: the weight of {row.video!r:.100} is {weight:g}, it must be {should}."
            return


def wrong_lengths(rows: Iterable[Row], stated: int | None, benchmark: Benchmark) -> Iterator[str]:
    """Videos whose rows are of different numbers of frames, or of others than the card states.

    Args:
        rows: of all dimensions.
        stated: frames of a video as the card has it; a decoder may find one more or less.
        benchmark: whose dimensions they are.
    """
    for video, lengths in lengths_of(rows, benchmark).items():
        if len(lengths) > 1:
            yield f"The rows of {video!r:.100} are of {_words(lengths)} frames: a weight does not follow from them."
            return
        if stated and abs(min(lengths) - stated) > 1:
            yield f"{video!r:.100} has {min(lengths):,} frames, the card says {stated:,}."
            return


def wrong_formats(rows: Iterable[Row], resolution: str, fps: float | None) -> Iterator[str]:
    """Videos of another size or rate than the card states."""
    for row in rows:
        if not row.format:
            continue
        found = _FORMAT.fullmatch(row.format)
        if not found:
            yield f"{row.video!r:.100} has no format such as 512x320, 8 fps, 16 frames: {row.format!r:.80}."
            return
        width, height, rate, _ = found.groups()
        if resolution and f"{width}x{height}" != resolution:
            yield f"{row.video!r:.100} is {width}x{height}, the card says {resolution}."
            return
        if fps and abs(float(rate) - fps) > 0.02 * fps:
            yield f"{row.video!r:.100} has {float(rate):g} fps, the card says {fps:g}."
            return


def unevenly_long(rows: Iterable[Row], benchmark: Benchmark) -> Iterator[str]:
    """Why a result is not ranked whose long videos outweigh its short ones."""
    by_dimension: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.weight is not None and _counts(row, benchmark) in WEIGHTY:
            by_dimension[row.dimension].append(row.weight)
    for name, weights in by_dimension.items():
        if max(weights) > EVEN * min(weights):
            yield (
                f"{name}: its videos weigh {min(weights):,g} to {max(weights):,g}; in a ranked result the longest "
                f"video has at most {EVEN} times the frames of the shortest."
            )
            return


def lengths_of(rows: Iterable[Row], benchmark: Benchmark) -> dict[str, set[int]]:
    """Video -> numbers of frames that follow from its formats and weights; one where they agree."""
    lengths: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if found := _FORMAT.fullmatch(row.format):
            lengths[row.video].add(int(found.group(4)))
        counts = _counts(row, benchmark)
        if row.weight is not None and counts in BY_LENGTH:
            lengths[row.video].add(int(row.weight) + (counts is Counts.PAIRS))
    return dict(lengths)


def above_everything(scores: Mapping[str, Figure], benchmark: Benchmark) -> Iterator[str]:
    """Dimensions whose score is above what the protocol takes for perfect."""
    for name, rule in benchmark.rules.items():
        if name in scores and rule.normalised(scores[name].value) > 1 + TOLERANCE:
            yield (
                f"{name}: the score {scores[name].value:.4f} is above {rule.maximum:g}, which the protocol takes for "
                "the highest that any model reaches."
            )


def _counts(row: Row, benchmark: Benchmark) -> Counts | None:
    rule = benchmark.rules.get(row.dimension)
    return rule.counts if rule else None


def _words(lengths: Iterable[int]) -> str:
    return " and ".join(f"{length:,}" for length in sorted(lengths))
