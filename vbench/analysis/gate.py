"""A gate for pipelines: conditions that a run must meet against another before work goes on.

``total>-0.5`` bounds a change in points, ``imaging_quality@animal>=-1`` that of one content category, and ``worse``
lets nothing through that is worse beyond noise: dimensions, parts, Total and categories of all runs taken together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vbench.analysis.comparison import TOO_FEW, WORSE, Comparison, verdict
from vbench.analysis.statistics import FEWEST, PairedDifference, holm
from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.registry import specs_of
from vbench.benchmarks.score_card import TOTAL
from vbench.benchmarks.t2v import T2V
from vbench.errors import UsageError
from vbench.registry import unknown

NOTHING_WORSE = "worse"
"""The condition that nothing is worse beyond noise."""

_BOUND = re.compile(r"(\w+)\s*(?:@\s*([^@<>=]*?)\s*)?(>=|>)\s*([-+]?(?:\d+\.?\d*|\.\d+))")


@dataclass(frozen=True)
class Bound:
    """A bound on a change: ``name > limit``, in points (hundredths of a score).

    Attributes:
        text: as it was written.
        name: a dimension, a part or ``total``.
        category: the content category whose change is meant; ``""`` for all prompts.
        limit: in points.
        inclusive: whether the limit itself is good enough.
    """

    text: str
    name: str
    category: str
    limit: float
    inclusive: bool


Condition = Bound | str
"""A bound, or :data:`NOTHING_WORSE`."""


@dataclass(frozen=True)
class Judged:
    """A condition, held against one run.

    Attributes:
        condition: as it was written.
        run: name of the run.
        met: whether it holds.
        reason: what was found.
    """

    condition: str
    run: str
    met: bool
    reason: str


def gate(conditions: str, compared: Sequence[Comparison]) -> list[Judged]:
    """Hold runs against conditions.

    Args:
        conditions: between commas, such as ``"worse, total>-0.5, imaging_quality@animal>-1"``.
        compared: what :func:`vbench.compare` found.

    Returns:
        Each condition for each run; the gate is met where all are.

    Raises:
        UsageError: something else stands there, or a name or category that is not there.
    """
    return judge(parsed(conditions, compared[0].benchmark), compared)


def parsed(conditions: str, benchmark: Benchmark = T2V) -> list[Condition]:
    """Take conditions apart.

    Args:
        conditions: between commas.
        benchmark: whose dimensions and parts may be named.

    Raises:
        UsageError: something else stands there, or nothing.
    """
    return [_condition(part.strip(), benchmark) for part in conditions.split(",")]


def judge(conditions: Sequence[Condition], compared: Sequence[Comparison]) -> list[Judged]:
    """Hold runs against conditions that are taken apart; as :func:`gate`."""
    together = _together(compared)
    told = sum(one.has_verdict for family in together for one in family.values())
    return [
        _judged_bound(condition, comparison)
        if isinstance(condition, Bound)
        else _judged_worse(comparison, together[place], told)
        for place, comparison in enumerate(compared)
        for condition in conditions
    ]


def _condition(text: str, benchmark: Benchmark) -> Condition:
    if text == NOTHING_WORSE:
        return text
    found = _BOUND.fullmatch(text)
    if not found or found[2] == "":
        raise UsageError(
            f'{text!r} is no condition: expected "worse", "total>-0.5" or "imaging_quality@animal>=-1", in points.'
        )
    known = [*specs_of(benchmark), *(part.name for part in benchmark.parts), *[TOTAL] * benchmark.has_total]
    if found[1] not in known:
        raise unknown("score", found[1], known, f" in {benchmark.name}")
    return Bound(text, found[1], found[2] or "", float(found[4]), found[3] == ">=")


def _judged_bound(bound: Bound, comparison: Comparison) -> Judged:
    if bound.name in comparison.gaps:
        return Judged(bound.text, comparison.name, False, f"it is not whole: {comparison.gaps[bound.name]}")
    differences: Mapping[str, PairedDifference] = comparison.differences
    if bound.category:
        if bound.category not in comparison.by_category:
            raise unknown("category", bound.category, comparison.by_category, " that both runs have prompts of")
        differences = comparison.by_category[bound.category]
    if bound.name not in differences:
        return Judged(bound.text, comparison.name, False, "it was not compared: not both runs have it")
    change = 100 * differences[bound.name].change
    met = change >= bound.limit if bound.inclusive else change > bound.limit
    return Judged(bound.text, comparison.name, met, f"it changed by {change:+.2f} points")


def _together(compared: Sequence[Comparison]) -> list[dict[tuple[str, str], PairedDifference]]:
    """What was compared, by category and name, for each run; probabilities adjusted over all of it."""
    family = {
        (place, category, name): difference
        for place, comparison in enumerate(compared)
        for category, differences in {"": comparison.differences, **comparison.by_category}.items()
        for name, difference in differences.items()
    }
    adjusted = holm(family)
    return [
        {(category, name): found for (at, category, name), found in adjusted.items() if at == place}
        for place in range(len(compared))
    ]


def _judged_worse(
    comparison: Comparison, family: Mapping[tuple[str, str], PairedDifference], comparisons: int
) -> Judged:
    run = comparison.name
    if comparison.gaps:
        return Judged(NOTHING_WORSE, run, False, "; ".join(comparison.told_gaps))
    if not any(found.has_verdict for found in family.values()):
        least = max((found.fewest for found in family.values()), default=FEWEST)
        return Judged(NOTHING_WORSE, run, False, f"{TOO_FEW}: {least} are the fewest")
    worse = [
        f"{name}{'@' * bool(category)}{category} {100 * found.change:+.2f} points"
        for (category, name), found in family.items()
        if verdict(found) == WORSE
    ]
    told = f"beyond noise, {comparisons} comparisons taken together: {', '.join(worse) or 'nothing'}"
    return Judged(NOTHING_WORSE, run, not worse, told)
